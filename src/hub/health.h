#pragma once

/*
 * Health: every channel is asked on its own schedule, with a quarter of jitter, so that a slow one delays nobody and ten
 * thousand that joined together are not asked together (exchange.md 5.4 has the rounds of the original, where one dead
 * peer holds everybody's next check).
 */

struct ald_channel;
struct ald_hub;
struct ald_hub_conn;
struct ald_signal;

/* Begin, or go on, if the party answers such questions; else its health is passive: the link is there. */
void ald_health_start(struct ald_hub *hub, struct ald_channel *channel);
void ald_health_stop(struct ald_hub *hub, struct ald_channel *channel);
/* Time to ask, or the answer did not come. */
void ald_health_alarm(struct ald_hub *hub, struct ald_channel *channel);
void ald_health_answered(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal);
