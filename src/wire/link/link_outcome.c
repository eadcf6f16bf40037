/*
 * How a responseError and an outcome say each other. The original has a message for people and four codes (link.md 4.5), so
 * what of a refusal programs must tell apart stands in its texts (4.4, 4.5, 7.1), which are kept to the letter.
 *
 * A command has one outcome, so whoever reads an error reads the same in it: the hub, and the caller to whom it goes on as it
 * came. What these texts cannot say is said in members of data which are ours, `outcome` and `cause`; those that only a hub can know
 * count only where a hub says them.
 */

#include <stdio.h>

#include "wire/link/link_impl.h"

/* --- reading ----------------------------------------------------------------------------------------------------- */

struct meaning {
    struct ald_str code;   /* absent: none was said */
    struct ald_str prefix; /* of the message */
    uint8_t outcome, cause;
};

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

/* What everybody may say of a request, a host of what is behind it, too. The first that fits decides. */
static const struct meaning meanings[] = {
    {TEXT("InvalidMessage"), TEXT("Response for "), ALD_FAILED, ALD_CAUSE_AGENT_BROKE},
    {TEXT("InvalidMessage"), TEXT("Unrecognized request "), ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND},
    {TEXT("InvalidMessage"), TEXT(""), ALD_REFUSED, ALD_CAUSE_INVALID},
    {TEXT("PermissionError"), TEXT(""), ALD_REFUSED, ALD_CAUSE_NOT_ALLOWED},
    {TEXT("SessionLost"), TEXT(""), ALD_LOST, ALD_CAUSE_SESSION_ENDED},
    {{NULL, 0}, TEXT("No handler for "), ALD_REFUSED, ALD_CAUSE_NO_HANDLER},
    {{NULL, 0}, TEXT("Instance is not running."), ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED},
    {{NULL, 0}, TEXT("Message would return back to sender"), ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED},
    {{NULL, 0}, TEXT("Control connection does not exist"), ALD_REFUSED, ALD_CAUSE_NO_TARGET},
};

static bool meaning_find(struct ald_str message, struct ald_str code, enum ald_outcome *ret_outcome,
                         enum ald_cause *ret_cause)
{
    for (size_t i = 0; i < ALD_COUNT(meanings); i++) {
        const struct meaning *row = &meanings[i];
        bool same = ald_str_present(row->code) ? ald_str_equal(row->code, code) : !ald_str_present(code);

        if (same && ald_str_starts(message, row->prefix)) {
            *ret_outcome = (enum ald_outcome)row->outcome;
            *ret_cause = (enum ald_cause)row->cause;
            return true;
        }
    }
    return false;
}

/* The words that we write ourselves. That time ran out, or that somebody was lost, is for a hub to say. */
static bool words_read(const struct ald_link_frame *frame, bool by_hub, enum ald_outcome *ret_outcome,
                       enum ald_cause *ret_cause)
{
    struct ald_json_value said = frame->members[ALD_LINK_ERROR_OUTCOME].value;
    struct ald_json_value why = frame->members[ALD_LINK_ERROR_CAUSE].value;
    int outcome, cause;

    if (said.type != ALD_JSON_STRING || why.type != ALD_JSON_STRING) {
        return false;
    }
    outcome = ald_outcome_find(ald_json_inner(said));
    cause = ald_cause_find(ald_json_inner(why));
    if (outcome <= ALD_SUCCEEDED || outcome > (by_hub ? ALD_LOST : ALD_CANCELLED) || cause <= ALD_CAUSE_NONE) {
        return false;
    }
    *ret_outcome = (enum ald_outcome)outcome;
    *ret_cause = (enum ald_cause)cause;
    return true;
}

static bool ends_with(struct ald_str str, struct ald_str end)
{
    return str.size >= end.size && ald_str_equal(ald_str_from(str, str.size - end.size), end);
}

/* link.md 7.1: who is not there. */
static bool is_absence(struct ald_str message)
{
    return (ald_str_starts(message, ALD_STR("Host ")) && ends_with(message, ALD_STR(" is offline"))) ||
           (ald_str_starts(message, ALD_STR("Instance ")) &&
            (ends_with(message, ALD_STR(" does not exist")) ||
             ends_with(message, ALD_STR(" is not assigned a host")))) ||
           ald_str_starts(message, ALD_STR("Assigned host for instance "));
}

void ald_link_outcome_read(const struct ald_link_frame *frame, bool by_hub, struct ald_msg *msg)
{
    enum ald_outcome outcome = ALD_FAILED;
    enum ald_cause cause = ALD_CAUSE_AGENT_FAILED;

    if (!words_read(frame, by_hub, &outcome, &cause) && !meaning_find(msg->text, msg->code, &outcome, &cause) &&
        !ald_str_present(msg->code) && is_absence(msg->text)) {
        outcome = ALD_REFUSED;
        cause = ALD_CAUSE_NO_TARGET;
    }
    msg->outcome = (uint8_t)outcome;
    msg->cause = (uint8_t)cause;
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

/* A name in an error text is not longer than this. */
enum { NAME_MAX_TEXT = 255 };

static struct ald_str text_print(char room[ALD_LINK_TEXT_ROOM], const char *form, struct ald_str name)
{
    name.size = ALD_MIN(name.size, (size_t)NAME_MAX_TEXT);
    return ald_str_of(room, (size_t)snprintf(room, ALD_LINK_TEXT_ROOM, form, ALD_STR_ARG(name)));
}

/* link.md 7.1: who is not there, in the words of its kind. */
static struct ald_str text_of_absence(const struct ald_link *link, const struct ald_msg *request,
                                      char room[ALD_LINK_TEXT_ROOM])
{
    struct ald_link_address dst = ald_link_asked_for(link, request);
    int size;

    switch ((enum ald_link_kind)dst.type) {
    case ALD_LINK_HOST_KIND:
        size = snprintf(room, ALD_LINK_TEXT_ROOM, "Host %lld is offline", (long long)dst.id);
        return ald_str_of(room, (size_t)size);
    case ALD_LINK_INSTANCE:
        size = snprintf(room, ALD_LINK_TEXT_ROOM, "Instance %lld does not exist", (long long)dst.id);
        return ald_str_of(room, (size_t)size);
    case ALD_LINK_CONTROL_KIND:
        return ALD_STR("Control connection does not exist");
    default: /* a target by name (aldis:CallRequest), perhaps of another hub */
        if (ald_str_present(request->to.hub)) {
            return text_print(room, "There is no hub %.*s that has the target", request->to.hub);
        }
        return text_print(room, "There is no target %.*s", request->to.target);
    }
}

/* link.md 4.5: without the name of the plugin. */
static struct ald_str name_of_class(struct ald_str name)
{
    size_t colon = ald_str_find(name, ALD_STR(":"));

    return colon < name.size ? ald_str_from(name, colon + 1) : name;
}

static void words_set(const struct ald_signal *reply, struct ald_link_error *error)
{
    error->outcome = reply->outcome;
    error->cause = reply->cause;
}

static void refusal_write(const struct ald_link *link, const struct ald_signal *reply, char room[ALD_LINK_TEXT_ROOM],
                          struct ald_link_error *error)
{
    const struct ald_msg *request = reply->request;

    switch ((enum ald_cause)reply->cause) {
    case ALD_CAUSE_NO_TARGET:
    case ALD_CAUSE_NO_CHANNEL:
    case ALD_CAUSE_NO_ACTIVE:
    case ALD_CAUSE_EMPTY_ROSTER:
        if (!ald_str_present(request->text) && !ald_str_present(request->to.channel)) {
            error->message = text_of_absence(link, request, room);
        }
        return;
    case ALD_CAUSE_NOT_ALLOWED:
        error->message = ALD_STR("Permission denied");
        error->code = ALD_STR("PermissionError");
        return;
    case ALD_CAUSE_UNKNOWN_COMMAND:
        error->message = text_print(room, "Unrecognized request %.*s", request->name);
        error->code = ALD_STR("InvalidMessage");
        return;
    case ALD_CAUSE_NO_HANDLER:
        error->message = text_print(room, "No handler for %.*s", name_of_class(request->name));
        error->code = ALD_STR_NONE;
        return;
    case ALD_CAUSE_INVALID:
    case ALD_CAUSE_TOO_LARGE:
    case ALD_CAUSE_DUPLICATE:
        error->code = ALD_STR("InvalidMessage");
        return;
    case ALD_CAUSE_UNSUPPORTED:
        error->code = ALD_STR("Unsupported"); /* ours */
        words_set(reply, error);
        return;
    default:
        if (!ald_str_present(error->code)) {
            error->code = ALD_STR("Refused"); /* ours: the original never refuses for want of room */
        }
        words_set(reply, error);
        return;
    }
}

/* link.md 4.7: what a link that ends leaves open. Invalidated are only sessions of a hub that is called (4.9). */
static struct ald_str text_of_loss(const struct ald_signal *reply)
{
    bool is_ended = reply->cause == ALD_CAUSE_SESSION_ENDED || reply->cause == ALD_CAUSE_LINK_ENDED;

    return is_ended ? ALD_STR("Session Closed") : ALD_STR("Session Lost");
}

void ald_link_outcome_write(const struct ald_link *link, const struct ald_signal *reply, char room[ALD_LINK_TEXT_ROOM],
                            struct ald_link_error *error)
{
    const struct ald_msg *msg = reply->msg;

    error->message = ald_str_present(reply->text) ? reply->text : ald_str(ald_cause_text((enum ald_cause)reply->cause));
    if (reply->request != NULL && ald_str_present(reply->request->text)) {
        error->message = reply->request->text; /* we refused it ourselves, and said why */
    }
    if (msg != NULL) {
        error->message = ald_str_present(msg->text) ? msg->text : error->message;
        error->code = msg->code;
    }
    switch ((enum ald_outcome)reply->outcome) {
    case ALD_REFUSED:
        refusal_write(link, reply, room, error);
        break;
    case ALD_CANCELLED:
        error->code = ALD_STR("Cancelled"); /* this one and the next are ours */
        words_set(reply, error);
        break;
    case ALD_EXPIRED:
        error->code = ALD_STR("Expired");
        words_set(reply, error);
        break;
    case ALD_LOST:
        error->message = text_of_loss(reply);
        error->code = ALD_STR("SessionLost");
        break;
    default:
        break;
    }
}
