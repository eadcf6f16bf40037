#pragma once

/*
 * Alarm: a timer that knows whose it is. The hub has one wheel; what an alarm belongs to is the struct around it, and
 * `kind` says which struct that is.
 */

#include "base/timer.h"

enum ald_hub_alarm_kind {
    ALD_ALARM_COMMAND, /* its deadline */
    ALD_ALARM_STALL,   /* a connection's output does not move */
    ALD_ALARM_LEAVE,   /* a connection had its time to say goodbye */
    ALD_ALARM_HEALTH,  /* a channel is to be asked, or did not answer */
    ALD_ALARM_PRIMARY, /* a target's nominee did not confirm, or its election has rested */
    ALD_ALARM_SESSION, /* a party was away too long */
    ALD_ALARM_HELD,    /* an event waited too long for its target */
    ALD_ALARM_SWEEP,   /* hubs that no way leads to are looked at */
    ALD_ALARM_RENEW,   /* we say everything of ourselves anew: hub/advert.h */
    ALD_ALARM_HISTORY, /* the oldest outcome is too old */
    ALD_ALARM_SERIES,  /* and the oldest event that is remembered */
    ALD_ALARM_DRAIN    /* whoever is still at work is cut */
};

struct ald_hub_alarm {
    struct ald_timer timer;
    uint8_t kind; /* enum ald_hub_alarm_kind */
};

static inline void ald_hub_alarm_init(struct ald_hub_alarm *alarm, enum ald_hub_alarm_kind kind)
{
    ald_timer_init(&alarm->timer);
    alarm->kind = (uint8_t)kind;
}
