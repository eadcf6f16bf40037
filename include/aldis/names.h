#pragma once

/*
 * Every name that aldis gives to something in its protocol and its outcomes, so that nobody types them. What they mean
 * in full: docs/wire-extension.md. Strings, to be compared with those of a report or to be written into JSON.
 *
 * A test compares this page with the tables in the code: a name that is missing here, or is here only, fails it.
 */

/* --- the upgrade -------------------------------------------------------------------------------------------------- */

#define ALDIS_PATH "/exchange/controller"                    /* where programs connect */
#define ALDIS_PATH_LEGACY "/ws/controller/"                  /* and anything below it: connectors before v1 */
#define ALDIS_HEADER_PROTOCOL "X-Gravitee-Exchange-Protocol" /* "v1" */
#define ALDIS_HEADER_EXTENSION "X-Aldis-Exchange"            /* "1": both ends announce it */

/* --- commands ----------------------------------------------------------------------------------------------------- */

/* To the hub itself, which is the empty address. */
#define ALDIS_NAME_OUTCOME "aldis:Outcome" /* {"id"}: what became of that command */
#define ALDIS_NAME_CANCEL "aldis:Cancel"   /* {"id"}: take it back, from another connection */

/* The protocol's own: no command of a program may be called so, but for HEALTH_CHECK, which asks a target for its
 * health. */
#define ALDIS_NAME_HELLO "HELLO"
#define ALDIS_NAME_GOOD_BYE "GOOD_BYE"
#define ALDIS_NAME_HEALTH_CHECK "HEALTH_CHECK"
#define ALDIS_NAME_PRIMARY "PRIMARY"
#define ALDIS_NAME_UNKNOWN "UNKNOWN"   /* type of a reply: nobody knows the command */
#define ALDIS_NAME_NO_REPLY "NO_REPLY" /* type of a reply: there is no handler, or it broke */
#define ALDIS_NAME_IGNORED_REPLY "IGNORED_REPLY"
#define ALDIS_NAME_HELLO_COMMAND "HELLO_COMMAND" /* legacy */
#define ALDIS_NAME_HELLO_REPLY "HELLO_REPLY"
#define ALDIS_NAME_GOODBYE_COMMAND "GOODBYE_COMMAND"
#define ALDIS_NAME_GOODBYE_REPLY "GOODBYE_REPLY"

/* Kinds of frames: `t:COMMAND;;e:{...}`. */
#define ALDIS_KIND_COMMAND "COMMAND"
#define ALDIS_KIND_REPLY "REPLY"
#define ALDIS_KIND_STATUS "STATUS" /* with the extension */
#define ALDIS_KIND_CANCEL "CANCEL" /* with the extension */

/* commandStatus. */
#define ALDIS_STATUS_SUCCEEDED "SUCCEEDED"
#define ALDIS_STATUS_ERROR "ERROR"
#define ALDIS_STATUS_PENDING "PENDING"
#define ALDIS_STATUS_IN_PROGRESS "IN_PROGRESS"

/* --- parameters: members of the JSON ------------------------------------------------------------------------------ */

/* A message. */
#define ALDIS_PARAM_ID "id"                        /* of a command: the sender's own; to an agent the hub's */
#define ALDIS_PARAM_COMMAND_ID "commandId"         /* of a reply, a status, a cancel: of the command it is about */
#define ALDIS_PARAM_TYPE "type"                    /* name of the command */
#define ALDIS_PARAM_PAYLOAD "payload"              /* any JSON */
#define ALDIS_PARAM_COMMAND_STATUS "commandStatus" /* SUCCEEDED or ERROR */
#define ALDIS_PARAM_ERROR_DETAILS "errorDetails"   /* why, for people */
#define ALDIS_PARAM_MESSAGE "message"              /* the same in a legacy hello's reply */

/* A command, with the extension. */
#define ALDIS_PARAM_TO "to"                   /* address */
#define ALDIS_PARAM_FROM "from"               /* target of the sender, as the hub knows it */
#define ALDIS_PARAM_TTL_MS "ttl_ms"           /* milliseconds left */
#define ALDIS_PARAM_MODE "mode"               /* one of the modes below */
#define ALDIS_PARAM_IDEMPOTENT "idempotent"   /* boolean */
#define ALDIS_PARAM_DURABLE "durable"         /* boolean */
#define ALDIS_PARAM_COLLAPSE "collapse"       /* collapse key */
#define ALDIS_PARAM_VERSION "version"         /* of the application's interface */
#define ALDIS_PARAM_EVENT "event"             /* boolean: nobody answers */
#define ALDIS_PARAM_TRACEPARENT "traceparent" /* W3C trace context */

/* The same between two hubs, and in their hellos. */
#define ALDIS_PARAM_BOOT "boot"                 /* what a hub drew at its start, 16 hexadecimal digits */
#define ALDIS_PARAM_ORIGIN "origin"             /* id of the hub where it was submitted */
#define ALDIS_PARAM_SCOPE "scope"               /* of a target in many places: ".", "?" or "*" */
#define ALDIS_PARAM_HOPS "hops"                 /* links that it has passed */
#define ALDIS_PARAM_DAEMONS "daemons"           /* how many of these led to or from a communicator daemon */
#define ALDIS_PARAM_BROADCAST "broadcast"       /* what an event to many is known again by */
#define ALDIS_PARAM_INFORMED "informed"         /* addresses of hubs that have it already */
#define ALDIS_PARAM_UNTIL "until"               /* seconds since 1970 until when it is taken */
#define ALDIS_PARAM_HOLD "hold"                 /* boolean: it may wait for its target */
#define ALDIS_PARAM_REPORT "report"             /* boolean: its sender hears when it was not delivered */
#define ALDIS_PARAM_TELL_AWAY "tell_away"       /* boolean: and at once when the target is away */
#define ALDIS_PARAM_EVERYONE "everyone"         /* boolean: for every channel of its target */
#define ALDIS_PARAM_WHILE_SERVED "while_served" /* boolean: it waits only while its target has a channel */
#define ALDIS_PARAM_FILTERS "filters"           /* of an event for the hub itself: for which of its subscribers */

/* A reply and a status, with the extension. */
#define ALDIS_PARAM_OUTCOME "outcome"     /* one of the outcomes below */
#define ALDIS_PARAM_CAUSE "cause"         /* one of the causes below */
#define ALDIS_PARAM_STATE "state"         /* one of the states below */
#define ALDIS_PARAM_CODE "code"           /* the agent's own error code */
#define ALDIS_PARAM_CHANNEL "channel"     /* id of the channel concerned */
#define ALDIS_PARAM_DETAILS "details"     /* any JSON that the agent added */
#define ALDIS_PARAM_ROSTER "roster"       /* mode all: an array with a line for each member */
#define ALDIS_PARAM_TRUNCATED "truncated" /* boolean: something was left out because the message would be too large */
#define ALDIS_PARAM_TOTAL "total"         /* number: how much there is to do */
#define ALDIS_PARAM_COMPLETED "completed" /* number: how much of it is done */
#define ALDIS_PARAM_TEXT "text"           /* for people */

/* Payloads of the protocol's own commands. */
#define ALDIS_PARAM_TARGET_ID "targetId"             /* HELLO, GOOD_BYE: the target */
#define ALDIS_PARAM_INSTALLATION_ID "installationId" /* the same in a legacy hello */
#define ALDIS_PARAM_NODE "node"                      /* around that */
#define ALDIS_PARAM_HUB "hub"                        /* HELLO between hubs: id of the one that speaks */
#define ALDIS_PARAM_ADDRESS "address"                /* HELLO between hubs: where others call it */
#define ALDIS_PARAM_RECONNECT "reconnect"            /* GOOD_BYE: boolean: come back, or go to another hub */
#define ALDIS_PARAM_HEALTHY "healthy"                /* HEALTH_CHECK answered: boolean */
#define ALDIS_PARAM_DETAIL "detail"                  /* HEALTH_CHECK answered: why, for people */
#define ALDIS_PARAM_PRIMARY "primary"                /* PRIMARY: boolean: you are, or are no more */
#define ALDIS_PARAM_TERM "term"                      /* PRIMARY: grows with every election */

/* --- words -------------------------------------------------------------------------------------------------------- */

/* How a command ended. What each lets you conclude: docs/fault-model.md. */
#define ALDIS_WORD_SUCCEEDED "succeeded"
#define ALDIS_WORD_FAILED "failed"
#define ALDIS_WORD_REFUSED "refused"
#define ALDIS_WORD_CANCELLED "cancelled"
#define ALDIS_WORD_EXPIRED "expired"
#define ALDIS_WORD_LOST "lost"

/* How far it is. Before `sent`, no agent has seen it. */
#define ALDIS_WORD_SUBMITTED "submitted"
#define ALDIS_WORD_STORING "storing"
#define ALDIS_WORD_QUEUED "queued"
#define ALDIS_WORD_SENT "sent"
#define ALDIS_WORD_ACCEPTED "accepted"
#define ALDIS_WORD_RUNNING "running"
#define ALDIS_WORD_DONE "done"

/* Which channels of the target. */
#define ALDIS_WORD_ANY "any"
#define ALDIS_WORD_PRIMARY "primary"
#define ALDIS_WORD_CHANNEL "channel"
#define ALDIS_WORD_ALL "all"

/* Why it ended so. */
#define ALDIS_CAUSE_NO_TARGET "no_target"                 /* no such target */
#define ALDIS_CAUSE_NO_CHANNEL "no_channel"               /* no such channel, or it is gone */
#define ALDIS_CAUSE_NO_ACTIVE_CHANNEL "no_active_channel" /* the target has no active channel */
#define ALDIS_CAUSE_NO_PRIMARY "no_primary"               /* the target has no confirmed primary channel */
#define ALDIS_CAUSE_EMPTY_ROSTER "empty_roster"           /* the target has no channel to send to */
#define ALDIS_CAUSE_BUSY "busy"                           /* a queue is full */
#define ALDIS_CAUSE_TOO_LARGE "too_large"                 /* the message is too large */
#define ALDIS_CAUSE_INVALID "invalid"                     /* the command is not valid */
#define ALDIS_CAUSE_NOT_ALLOWED "not_allowed"             /* the sender may not do this */
#define ALDIS_CAUSE_UNKNOWN_COMMAND "unknown_command"     /* nobody here knows this command */
#define ALDIS_CAUSE_UNSUPPORTED "unsupported"             /* this hub does not do that */
#define ALDIS_CAUSE_DUPLICATE "duplicate"                 /* a command with this id is already in flight */
#define ALDIS_CAUSE_DRAINING "draining"                   /* the hub is stopping and takes no new work */
#define ALDIS_CAUSE_NO_HANDLER "no_handler"               /* the agent has no handler for this command */
#define ALDIS_CAUSE_AGENT_REFUSED "agent_refused"         /* the agent refused the command */
#define ALDIS_CAUSE_AGENT_FAILED "agent_failed"           /* the agent answered with an error */
#define ALDIS_CAUSE_AGENT_BROKE "agent_broke"             /* the agent's handler broke */
#define ALDIS_CAUSE_MEMBERS "members"                     /* not every member of the roster succeeded */
#define ALDIS_CAUSE_TAKEN_BACK "taken_back"               /* the caller took the command back */
#define ALDIS_CAUSE_REPLACED "replaced"                   /* a newer command with the same collapse key replaced it */
#define ALDIS_CAUSE_DEADLINE "deadline"                   /* the deadline came first */
#define ALDIS_CAUSE_LINK_ENDED "link_ended"               /* the link to the agent ended after the command was sent */
#define ALDIS_CAUSE_SESSION_ENDED "session_ended"         /* the agent's session ended after the command was sent */
#define ALDIS_CAUSE_HUB_STOPPED "hub_stopped"             /* the hub stopped */
#define ALDIS_CAUSE_HUB_LOST "hub_lost"                   /* the hub that took the command vanished */

/* --- close codes (RFC 6455 section 7.4)
 * ---------------------------------------------------------------------------- */

enum {
    ALDIS_CLOSE_NORMAL = 1000,
    ALDIS_CLOSE_AWAY = 1001,        /* the hub goes away */
    ALDIS_CLOSE_PROTOCOL = 1002,    /* what came is not of the protocol, or came at the wrong time */
    ALDIS_CLOSE_UNSUPPORTED = 1003, /* a text message */
    ALDIS_CLOSE_DATA = 1007,        /* not JSON */
    ALDIS_CLOSE_POLICY = 1008,      /* the hello was refused */
    ALDIS_CLOSE_TOO_BIG = 1009,
    ALDIS_CLOSE_INTERNAL = 1011, /* out of memory; no sign of life */
    ALDIS_CLOSE_RESTART = 1012,
    ALDIS_CLOSE_LATER = 1013 /* come back, or try another hub */
};
