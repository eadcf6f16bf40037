/*
 * The hub's limits. Each stands against somebody: the reason says whom, and why that number. A limit that is never
 * reached by honest use and always reached by a runaway program is right.
 */

#include "hub/hub.h"

void ald_hub_config_init(struct ald_hub_config *config)
{
    *config = (struct ald_hub_config){
        .id = ALD_STR("hub"),
        .controller = ALD_STR_NONE,
        .primary_only = ALD_STR_NONE,

        /* exchange.md 3.5: the original's own deadline, which its programs are written against. */
        .deadline_default = 60 * ALD_SEC,
        /* A day: longer work is a job, and a record held for a week is a leak in most cases. */
        .deadline_max = 24 * 3600 * ALD_SEC,

        /* Against a crowd. At the budget of 6 KiB for an idle party this is 400 MiB. */
        .connections_max = 65536,
        /* Against a backlog that nobody works off: at about 1 KiB a record, 200 MiB. A fan-out to 50,000 fits. */
        .commands_max = 200000,
        /* Against burying one agent: more than any of them works on at once, and enough to keep a fast one busy over a
         * link with 10 ms of delay at 100,000 commands a second. */
        .channel_in_flight_max = 1024,
        /* What an agent with a second's work a command clears within a deadline is far less; a burst fits. */
        .channel_queue_max = 10000,
        .channel_queue_bytes_max = 64 * ALD_MIB,
        /* Nobody acknowledges a payload, so it is held until the outcome: against callers of agents that never answer. */
        .commands_bytes_max = 512 * ALD_MIB,
        /* Against many queues at once: a quarter of the memory of a small machine. */
        .queue_bytes_max = 256 * ALD_MIB,
        /* Against one caller taking everybody's room. A benchmark with 4 connections keeps 1,000 in flight on each. */
        .caller_in_flight_max = 10000,
        /* Against a peer that does not read: five of the largest messages (13,107,200 bytes, exchange.md 2.5). */
        .out_bytes_max = 64 * ALD_MIB,
        /* Four times what a socket of the kernel takes at once, so that a link never runs dry while we wait for it. */
        .out_bytes_high = 1 * ALD_MIB,
        /* The first, and two more: what fails three times on three links is the command's own fault. */
        .attempts_max = 3,
        /* At 1 to 2 microseconds a unit, a step stays under half a millisecond. */
        .step_work = 256,

        /* DESIGN section 5. A graph of that diameter is a mistake already. */
        .hops_max = 16,
        /* Against hubs that are made up: more than any family of machines has, at 1.2 KiB each. */
        .hubs_max = 1024,
        /* More than there may be connections to one hub. */
        .hub_targets_max = 100000,
        /* At some 300 bytes each 75 MiB: five hubs with 50,000 agents, each with a name of its own. */
        .route_facts_max = 250000,
        /* A hub speaks for all of its callers, and its agents may take their time: no neighbour takes more than a quarter
         * of the room that commands have here. */
        .peer_in_flight_max = 50000,

        .health_interval = 30 * ALD_SEC, /* exchange.md 5.4 */
        /* The original waits 60 s, which holds everybody's next round; a healthy agent answers in milliseconds. */
        .health_timeout = 10 * ALD_SEC,
        /* The original evicts after one failure, so one long garbage collection costs an agent; three cost no more than
         * a minute and a half of a dead one. */
        .health_failures = 3,
        .primary_timeout = 10 * ALD_SEC, /* the same answer as a health check */
        .leave_timeout = 5 * ALD_SEC,    /* a round trip and what a closing peer still writes */
        .stall_timeout = 30 * ALD_SEC,   /* longer than TCP needs to get over a lossy moment */
        .session_max = 300 * ALD_SEC,    /* a reboot of a machine, or a walk through a tunnel */
        /* Against one that is away, or slower than those who tell it something; nobody waits for it. Acknowledgements come with
         * every round trip (wire/link/link_ping.c), so a window is what it is behind: a second's worth of a sender with 100,000
         * messages a second, as a program that collects garbage is. Small ones hold 1.2 KiB each, of which the bytes are the
         * limit; the number is against many to one party, which share what is in them. */
        .session_window_max = 131072,
        .session_window_bytes_max = 128 * ALD_MIB,
        /* Against many of them: as much as unacknowledged commands may hold. */
        .session_windows_bytes_max = 512 * ALD_MIB,
        /* For who acknowledges while others do not: more than he is told before a ping asks him (wire/link/link_ping.c), or one of
         * any size. */
        .session_window_bytes_sure = 512 * ALD_KIB,

        /* Against senders of what nobody fetches: some 10 MiB of small ones. A service that restarts misses some hundred. */
        .hold_max = 10000,
        /* Against one target taking everybody's room. */
        .hold_target_max = 2000,
        .hold_bytes_max = 64 * ALD_MIB,
        .hold_target_bytes_max = 16 * ALD_MIB, /* less than half of out_bytes_max: all of it can be told at once */
        .hold_ttl = 60 * ALD_SEC,              /* communicator 5.5 */
        /* Against a sender that is faster than all its hearers together. At 256 units a step, a thousand of them for a
         * thousand hearers each are worked off within some seconds. */
        .broadcasts_max = 1000,
        .broadcasts_bytes_max = 64 * ALD_MIB,

        /* What a thousand things change once, or one thing in a quarter of an hour once a second: who was away for longer asks
         * for the state as a whole. At some 1 KiB each 1 MiB, which a party that comes back can be told at once. */
        .replay_max = 1000,
        /* Against one name taking everybody's room; far less than the window of a session that it is told to. */
        .replay_name_bytes_max = 8 * ALD_MIB,
        .replay_bytes_max = 64 * ALD_MIB, /* as much as outcomes have */
        /* A reboot, a walk through a tunnel, a long lunch; and no payload stays in memory for ever. */
        .replay_age = 3600 * ALD_SEC,

        /* Enough to explain what happened in the last minutes; about 10 MiB. */
        .history_max = 10000,
        /* Replies may be as large as messages are: ten thousand of those would be all memory there is. */
        .history_bytes_max = 64 * ALD_MIB,
        .history_age = 600 * ALD_SEC,
    };
}
