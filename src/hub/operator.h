#pragma once

/*
 * Operator: what is asked of a hub from outside of every connection, by people and programs that look after it: take a
 * command back, send a channel away, make a channel primary. Whether they may is decided before, at the edge.
 */

struct ald_event;
struct ald_hub;

/* CANCEL, CHANNEL_LEAVE, CHANNEL_PRIMARY: sets `event->result`. */
void ald_operator_event(struct ald_hub *hub, struct ald_event *event);
