#pragma once

/*
 * Submit: a command or an event comes in. Everything a sender may say wrongly is judged here, before anything is kept.
 * Commands: submit.c; events: submit_event.c.
 */

#include "hub/router.h"
#include "msg/msg.h"

struct ald_hub;
struct ald_hub_conn;
struct ald_parcel;
struct ald_party;
struct ald_signal;

void ald_submit_command(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
void ald_submit_event(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);

/* Somebody who was given an event ended before it took it. First: may it wait for its target? True: it has its fate. */
bool ald_submit_event_wait(struct ald_hub *hub, const struct ald_parcel *parcel);
/* Else, when that one is gone: it goes to whoever is there now, or is dropped. */
void ald_submit_event_again(struct ald_hub *hub, const struct ald_parcel *parcel);

/* Waiting must not pin a read buffer: copy what is small, while nobody else has the message. When memory is short it waits as
 * it is, counted. */
void ald_submit_compact(struct ald_hub *hub, struct ald_msg *msg);
/* It brings a message of that kind, ready to be passed on. */
bool ald_submit_is_sound(const struct ald_signal *signal, enum ald_kind kind);
/* What is wrong with a message as such, with what it asks for, and with who says it: routes with a cause, or with none. */
struct ald_route ald_submit_judge_form(const struct ald_msg *msg);
struct ald_route ald_submit_judge_options(const struct ald_msg *msg);
struct ald_route ald_submit_judge_sender(const struct ald_hub *hub, const struct ald_party *party,
                                         const struct ald_signal *signal);
