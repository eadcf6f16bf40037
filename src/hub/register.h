#pragma once

/*
 * Register: somebody asks to be a party of its connection, as a caller or as an agent of a target, again or under another name.
 */

struct ald_hub;
struct ald_hub_conn;
struct ald_signal;

/* It hears REGISTERED, or DENIED and why. Who has the name may be replaced (enum ald_taken). */
void ald_register(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
