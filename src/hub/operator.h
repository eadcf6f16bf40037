#pragma once

/*
 * Operator: what is asked of a hub from outside of every connection, by people and programs that look after it: take a
 * command back, send a channel away, make a channel primary, end a subscription; and what a party asks of the whole hub. Whether they may is
 * decided before, at the edge.
 */

struct ald_event;
struct ald_hub;
struct ald_hub_conn;
struct ald_signal;

/* CANCEL, CHANNEL_LEAVE, CHANNEL_PRIMARY, UNSUBSCRIBE: sets `event->result`. */
void ald_operator_event(struct ald_hub *hub, struct ald_event *event);
/* OPERATE: who may not is told so. What is allowed the edge does. */
void ald_operator_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
