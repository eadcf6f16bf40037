#pragma once

/*
 * Record: what stands for a command in the hub's lists and tables, from its admission until history forgets it.
 *
 * While a command is open, or somebody still needs it, its record only points at it. Then it is packed: what can still
 * be asked of it is copied into the record, and the command and its messages go back to their pools at once, where the
 * next command finds them in the cache. Otherwise a busy hub would work in memory that was last touched as many commands
 * ago as it remembers.
 *
 * Lifetime:   got together with its command, the only time at which memory may be short; packing allocates nothing.
 *             Where the strings do not fit, the record stays as it is, with its command.
 * Invariants: `command` or what was packed, never both. Its address stays the same, so nothing is linked anew.
 *
 * Members of rosters have none: they live in the memory of their whole.
 */

#include "hub/command.h"

enum {
    ALD_RECORD_ROOM = 440,    /* strings, and raw parts that fit as well; the record is 1 KiB then */
    ALD_RECORD_WIRE_MAX = 128 /* a wire id up to this lies in its record from the start; else it is never packed */
};

/* Strings of a packed record, one behind the other in its room. The first one is there before it is packed. */
enum ald_record_string {
    ALD_RECORD_WIRE_ID,
    ALD_RECORD_NAME,
    ALD_RECORD_VERSION,
    ALD_RECORD_TO_HUB,
    ALD_RECORD_TO_TARGET,
    ALD_RECORD_TO_CHANNEL,
    ALD_RECORD_CODE, /* these are of the reply */
    ALD_RECORD_TEXT,
    ALD_RECORD_PAYLOAD,
    ALD_RECORD_DETAILS,
    ALD_N_RECORD_STRINGS
};

struct ald_record {
    struct ald_node order;     /* the hub's commands, as submitted */
    struct ald_node history;   /* the hub's with an outcome, as ended */
    struct ald_node same_wire; /* ring of all records with this wire id, newer to older */
    uint64_t number;
    uint64_t wire_hash; /* of its wire id, in the hub's table */

    struct ald_command *command; /* NULL: packed */
    struct ald_str wire_id;      /* the key in the hub's table */
    ald_usec ended;              /* of what history has */
    size_t charged;              /* bytes that history is charged for it, with what its members answered */
    uint32_t weight;             /* of what history has: it and its members */
    bool is_newest;              /* of those with its wire id: the one that is found by it */

    /* From here on only when packed; see struct ald_command. */
    uint8_t last_phase, outcome, cause, mode, n_attempts;
    bool has_progress, has_channel_id, has_reply;
    bool has_slices; /* the raw parts lie in `payload` and `details`, shared */
    uint8_t scope;
    uint16_t sizes[ALD_N_RECORD_STRINGS]; /* RECORD_ABSENT: none */
    uint32_t flags;                       /* of the message */
    uint32_t agent_party;
    uint64_t agent_conn;
    struct ald_who *from;
    const char *text;
    ald_usec submitted, deadline;
    ald_wall submitted_wall;
    char channel_id[ALD_ID_TEXT];
    struct ald_story story;
    char room[ALD_RECORD_ROOM];
    double total, completed;
    struct ald_slice payload, details;
};

/* A packed record as a command, for whoever reads one: valid while the record is. */
struct ald_record_room {
    struct ald_command command;
    struct ald_msg msg, reply;
};

/* Gives the record of a new command; not in any list or table. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_record_new(struct ald_hub *hub, struct ald_command *command, struct ald_record **ret_record);
void ald_record_free(struct ald_hub *hub, struct ald_record *record); /* NULL is fine */

/* Take what is known of its command, which the caller frees then. False: it does not fit, and nothing was changed. */
ALD_NODISCARD bool ald_record_pack(struct ald_record *record);

/* What was packed as a command, in `room`. */
const struct ald_command *ald_record_show(const struct ald_hub *hub, const struct ald_record *record,
                                          struct ald_record_room *room);
/* The command that was found, which may be a packed one in `room`; NULL: nothing was. */
const struct ald_command *ald_found_show(const struct ald_hub *hub, const struct ald_found *found,
                                         struct ald_record_room *room);
/* One line more in the story of a packed record; no channel is concerned. */
void ald_record_write(struct ald_hub *hub, struct ald_record *record, enum ald_line what);
/* Of whoever submitted it. */
struct ald_str ald_record_principal(const struct ald_record *record);
void ald_record_check(const struct ald_hub *hub, const struct ald_record *record);
