/*
 * How a responseError and an outcome say each other. The original has a message for people and four codes (link.md 4.5), so
 * what of a refusal programs must tell apart stands in its texts (4.4, 4.5, 7.1), which are kept to the letter.
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

/* The first that fits decides. */
static const struct meaning meanings[] = {
    {TEXT("InvalidMessage"), TEXT("Response for "), ALD_FAILED, ALD_CAUSE_AGENT_BROKE},
    {TEXT("InvalidMessage"), TEXT("Unrecognized request "), ALD_REFUSED, ALD_CAUSE_UNKNOWN_COMMAND},
    {TEXT("InvalidMessage"), TEXT(""), ALD_REFUSED, ALD_CAUSE_INVALID},
    {TEXT("PermissionError"), TEXT(""), ALD_REFUSED, ALD_CAUSE_NOT_ALLOWED},
    {{NULL, 0}, TEXT("No handler for "), ALD_REFUSED, ALD_CAUSE_NO_HANDLER},
    {{NULL, 0}, TEXT("Instance is not running."), ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED},
    {{NULL, 0}, TEXT("Message would return back to sender"), ALD_REFUSED, ALD_CAUSE_AGENT_REFUSED},
};

void ald_link_outcome_read(struct ald_str message, struct ald_str code, enum ald_outcome *ret_outcome,
                           enum ald_cause *ret_cause)
{
    for (size_t i = 0; i < ALD_COUNT(meanings); i++) {
        const struct meaning *meaning = &meanings[i];
        bool same = ald_str_present(meaning->code) ? ald_str_equal(meaning->code, code) : !ald_str_present(code);

        if (same && ald_str_starts(message, meaning->prefix)) {
            *ret_outcome = (enum ald_outcome)meaning->outcome;
            *ret_cause = (enum ald_cause)meaning->cause;
            return;
        }
    }
    *ret_outcome = ALD_FAILED;
    *ret_cause = ALD_CAUSE_AGENT_FAILED;
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
    default: /* a target by name (aldis:CallRequest) */
        return text_print(room, "There is no target %.*s", request->to.target);
    }
}

/* link.md 4.5: without the name of the plugin. */
static struct ald_str name_of_class(struct ald_str name)
{
    size_t colon = ald_str_find(name, ALD_STR(":"));

    return colon < name.size ? ald_str_from(name, colon + 1) : name;
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
        if (!ald_str_present(request->text)) {
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
    default:
        if (!ald_str_present(error->code)) {
            error->code = ALD_STR("Refused"); /* ours: the original never refuses for want of room */
        }
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
        break;
    case ALD_EXPIRED:
        error->code = ALD_STR("Expired");
        break;
    case ALD_LOST:
        error->message = text_of_loss(reply);
        error->code = ALD_STR("SessionLost");
        break;
    default:
        break;
    }
}
