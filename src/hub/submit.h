#pragma once

/*
 * Submit: a command or an event comes in. Everything a sender may say wrongly is judged here, before anything is kept.
 */

struct ald_hub;
struct ald_hub_conn;
struct ald_signal;

void ald_submit_command(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_submit_event(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
