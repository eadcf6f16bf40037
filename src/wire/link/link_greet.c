/*
 * The handshake and the goodbye, role hub (link.md 2.3, 2.5, 3.3, 3.5). The first frame is held to its schema, which the
 * original leaves out (9, 2); whoever is not let in is closed with the original's words.
 */

#include <stdio.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "msg/json_write.h"
#include "wire/link/link_account.h"
#include "wire/link/link_impl.h"

static void greet_refuse(struct ald_link *link, const char *reason)
{
    ald_link_count(link, ALD_LINK_N_BAD_HANDSHAKE);
    ald_link_end(link, ALD_LINK_CLOSE_PROTOCOL, reason);
}

void ald_link_greet_bad(struct ald_link *link, const struct ald_link_frame *frame, const char *reason)
{
    if (ald_link_type_is_old(frame->type)) {
        greet_refuse(link, "Bad handshake"); /* link.md 2.16 */
        return;
    }
    (void)snprintf(link->denial, sizeof(link->denial), "Invalid message: %s", reason != NULL ? reason : "not a frame");
    greet_refuse(link, link->denial);
}

/* --- register ---------------------------------------------------------------------------------------------------- */

static uint32_t party_traits(bool is_control)
{
    return ALD_CAN_RESUME | ALD_CAN_LEAVE | ALD_CAN_READY | (is_control ? ALD_CAN_REPORT : 0);
}

static uint8_t session_form(const struct ald_link *link)
{
    return link->is_old ? ALD_LINK_FORM_A : ALD_LINK_FORM_B;
}

/* A hub without a gate takes the number that is counted here; with one, the gate's own. */
static size_t control_target(struct ald_link *link, char room[ALD_LINK_ADDRESS_MAX])
{
    ald_link_count(link, ALD_LINK_N_CONTROLS);
    return (size_t)snprintf(room, ALD_LINK_ADDRESS_MAX, "control-%llu",
                            (unsigned long long)link->counters[ALD_LINK_N_CONTROLS]);
}

/*
 * Which messages of plugins reach a host, as names: link.md 4.8. A name that could not be one of a list is left out. It begins with
 * the plugin without a name, which is nobody's, since who says nothing is told everything.
 */
static int plugins_keep(struct ald_link *link, struct ald_json_value plugins)
{
    struct ald_buf *text = &link->work->text;
    struct ald_str name;
    size_t begin, at = 1;
    char first;
    int r = 0;

    begin = ald_buf_size(text);
    r = ald_buf_push(text, ALD_STR(":*"));
    while (r == 0 && ald_link_map_next(plugins, &at, &name, &first)) {
        const struct ald_json_value value = {.raw = name, .type = ALD_JSON_STRING};

        if (memchr(name.data, '\\', name.size) != NULL || memchr(name.data, ',', name.size) != NULL) {
            continue;
        }
        r = ald_buf_push_byte(text, ',');
        r = r == 0 ? ald_buf_push(text, ald_json_inner(value)) : r;
        r = r == 0 ? ald_buf_push(text, ALD_STR(":*")) : r;
    }
    ald_slice_clear(&link->plugins);
    if (r == 0) {
        r = ald_slice_copy(ald_str_from(ald_buf_str(text), begin), &link->plugins);
    }
    ald_buf_cut(text, begin);
    return r == 0 ? 0 : ald_trace(ALDIS_E_NOMEM);
}

static void plugins_tell(struct ald_link *link)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_CAPABLE);

    if (link->plugins.size > 0) {
        signal.text = ald_slice_str(link->plugins);
        ald_link_say(link, &signal);
    }
}

static int greet_register(struct ald_link *link, const struct ald_link_frame *frame, bool is_control)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    struct ald_link_address address = {.type = ALD_LINK_HOST_KIND, .request = ALD_STR_NONE};
    char room[ALD_LINK_ADDRESS_MAX];
    struct ald_str token = ALD_STR_NONE;
    int r;

    if (is_control) {
        signal.target = ald_str_of(room, control_target(link, room));
    } else if (ald_json_i64(frame->members[ALD_LINK_REGISTER_ID].value, &address.id) == 0) {
        signal.target = ald_link_target(ald_link_aliases(link), &address, room);
    }
    if (!ald_str_present(signal.target)) {
        greet_refuse(link, "Invalid message: the id is no host's");
        return 0;
    }
    r = ald_link_text_keep(link, frame->members[ALD_LINK_REGISTER_TOKEN].value, &token);
    if (r == 0) {
        r = ald_link_keep(link, signal.target, &signal.target);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    link->work->greeting = (struct ald_greeting){.token = token, .is_control = is_control};
    signal.greeting = &link->work->greeting;
    signal.traits = party_traits(is_control);
    signal.taken = ALD_TAKEN_REPLACE;
    signal.party_kind = is_control ? ALD_PARTY_CONTROL : ALD_PARTY_HOST;
    signal.ttl = link->options.session_timeout;
    signal.form = session_form(link);
    link->is_resuming = false;
    link->is_host = !is_control;
    link->last_out = 0; /* of a session that was not there, perhaps */
    ald_link_move(link, ALD_LINK_ASKED);
    ald_link_say(link, &signal);
    return 0;
}

/* What session_token() made, where no gate signs tokens; 0: that is none. */
static uint64_t session_number(struct ald_str token)
{
    uint64_t number = 0;

    if (token.size != 16) {
        return 0;
    }
    for (size_t i = 0; i < token.size; i++) {
        const char *digit = strchr("0123456789abcdef", token.data[i]);

        if (digit == NULL || *digit == '\0') {
            return 0;
        }
        number = number << 4 | (uint64_t)(strlen("0123456789abcdef") - strlen(digit));
    }
    return number;
}

static int greet_resume(struct ald_link *link, const struct ald_link_frame *frame)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_RESUME);
    struct ald_json_value last = frame->members[ALD_LINK_RESUME_SEQ].value;
    int64_t serial = 0;
    int r;

    r = ald_link_text_keep(link, frame->members[ALD_LINK_RESUME_TOKEN].value, &signal.text);
    if (r < 0) {
        return ald_trace(r);
    }
    if (last.type == ALD_JSON_NUMBER) {
        (void)ald_link_serial_read(last, &serial);
    }
    signal.serial = (uint64_t)serial;
    link->last_out = signal.serial; /* until we know better */
    signal.session = session_number(signal.text);
    signal.form = session_form(link);
    link->is_resuming = true;
    ald_link_move(link, ALD_LINK_ASKED);
    ald_link_say(link, &signal);
    return 0;
}

int ald_link_greet(struct ald_link *link, const struct ald_link_frame *frame)
{
    int r;

    if (link->state != ALD_LINK_NEW) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED); /* the verdict on the first is still to come */
        return 0;
    }
    switch ((enum ald_link_type)frame->type) {
    case ALD_LINK_TYPE_REGISTER_SLAVE:
    case ALD_LINK_TYPE_REGISTER_HOST:
        link->is_old = frame->type == ALD_LINK_TYPE_REGISTER_SLAVE;
        r = plugins_keep(link, frame->members[ALD_LINK_REGISTER_PLUGINS].value);
        if (r < 0) {
            return ald_trace(r);
        }
        return greet_register(link, frame, false);
    case ALD_LINK_TYPE_REGISTER_CONTROL_A:
    case ALD_LINK_TYPE_REGISTER_CONTROL:
        link->is_old = frame->type == ALD_LINK_TYPE_REGISTER_CONTROL_A;
        return greet_register(link, frame, true);
    case ALD_LINK_TYPE_RESUME:
    case ALD_LINK_TYPE_RESUME_A:
        link->is_old = frame->type == ALD_LINK_TYPE_RESUME_A;
        return greet_resume(link, frame);
    default:
        greet_refuse(link, "Bad handshake");
        return 0;
    }
}

/* --- the verdict ------------------------------------------------------------------------------------------------- */

static void account_write(struct ald_json_writer *json, const struct ald_signal *signal)
{
    ald_json_write_name(json, ALD_STR("account"));
    ald_json_write_object(json);
    ald_json_write_member_str(json, "name", ald_str_present(signal->principal) ? signal->principal : signal->target);
    ald_link_roles_write(json, signal->rights);
    ald_json_write_end(json);
}

/* Without a gate that signs tokens the number of the session, which nobody can guess, is one. */
static struct ald_str session_token(const struct ald_signal *signal, char room[24])
{
    if (ald_str_present(signal->text)) {
        return signal->text;
    }
    return ald_str_of(room, (size_t)snprintf(room, 24, "%016llx", (unsigned long long)signal->session));
}

static int ready_write(struct ald_link *link, const struct ald_signal *signal)
{
    char address[ALD_LINK_ADDRESS_MAX], token[24];
    struct ald_json_writer json;

    ald_link_write_begin(link, ALD_LINK_TYPE_READY, &json);
    if (link->is_old) {
        ald_json_write_member_str(&json, "session_token", session_token(signal, token));
        ald_link_write_seconds(&json, "session_timeout", signal->ttl);
        ald_link_write_seconds(&json, "heartbeat_interval", link->interval);
    } else {
        ald_json_write_member_raw(&json, "src", ald_str_of(address, ald_link_address_format(&link->self, address)));
        ald_json_write_member_str(&json, "sessionToken", session_token(signal, token));
        ald_link_write_seconds(&json, "sessionTimeout", signal->ttl);
        ald_link_write_seconds(&json, "heartbeatInterval", link->interval);
    }
    if (link->self.type == ALD_LINK_CONTROL_KIND) {
        account_write(&json, signal);
    }
    return ald_link_write_end(link, &json, signal->ordinal);
}

static int continue_write(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_json_writer json;

    ald_link_write_begin(link, ALD_LINK_TYPE_CONTINUE, &json);
    ald_link_write_seconds(&json, link->is_old ? "session_timeout" : "sessionTimeout", signal->ttl);
    ald_link_write_seconds(&json, link->is_old ? "heartbeat_interval" : "heartbeatInterval", link->interval);
    if (signal->serial > 0) {
        ald_json_write_member_u64(&json, link->is_old ? "last_seq" : "lastSeq", signal->serial);
    } else if (link->is_old) {
        ald_json_write_name(&json, ALD_STR("last_seq"));
        ald_json_write_null(&json);
    }
    return ald_link_write_end(link, &json, signal->ordinal);
}

/* What names the party is what the hub gave it. */
static void self_read(struct ald_link *link, const struct ald_signal *signal)
{
    ald_ignore(ald_link_target_read(ald_link_aliases(link), signal->target, &link->self)); /* else [0,0]: unaddressed */
    link->self.request = ALD_STR_NONE;
}

static int tell_registered(struct ald_link *link, ald_usec now, const struct ald_signal *signal)
{
    int r;

    self_read(link, signal);
    link->last_in = (int64_t)signal->serial;
    link->told_in = link->last_in;
    if (link->is_resuming) {
        ald_link_count(link, ALD_LINK_N_RESUMED);
        r = continue_write(link, signal);
    } else {
        r = ready_write(link, signal);
        plugins_tell(link);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    ald_link_ready(link, now);
    return 0;
}

/* link.md 7.2: its like has the id, if nothing else is said. */
static void denial_of_taken(struct ald_link *link, struct ald_str why)
{
    if (ald_str_equal(why, ALD_STR("the target is taken"))) {
        (void)snprintf(link->denial, sizeof(link->denial), "Host already connected from another address");
    } else {
        (void)snprintf(link->denial, sizeof(link->denial), "Host id is not free: %.*s", ALD_STR_ARG(why));
    }
}

/* link.md 2.11 */
static void denial_choose(struct ald_link *link, const struct ald_signal *signal)
{
    switch ((enum ald_cause)signal->cause) {
    case ALD_CAUSE_NOT_ALLOWED:
        link->denial_code = link->is_old ? ALD_LINK_CLOSE_OLD_UNAUTHORIZED : ALD_LINK_CLOSE_UNAUTHORIZED;
        (void)snprintf(link->denial, sizeof(link->denial), "Authentication failed: %.*s", ALD_STR_ARG(signal->text));
        return;
    case ALD_CAUSE_DRAINING:
        link->denial_code = ALD_LINK_CLOSE_AWAY;
        (void)snprintf(link->denial, sizeof(link->denial), "Shutting down");
        return;
    case ALD_CAUSE_DUPLICATE:
        link->denial_code = ALD_LINK_CLOSE_POLICY;
        denial_of_taken(link, signal->text);
        return;
    case ALD_CAUSE_BUSY:
        link->denial_code = ALD_LINK_CLOSE_LATER;
        (void)snprintf(link->denial, sizeof(link->denial), "Try again later");
        return;
    default:
        link->denial_code = ALD_LINK_CLOSE_INTERNAL;
        (void)snprintf(link->denial, sizeof(link->denial), "Unexpected error");
        return;
    }
}

static int tell_denied(struct ald_link *link, const struct ald_signal *signal)
{
    struct ald_json_writer json;
    int r;

    if (link->is_resuming) { /* the client registers on the same socket (link.md 2.3) */
        ald_link_count(link, ALD_LINK_N_INVALIDATED);
        ald_link_move(link, ALD_LINK_NEW);
        ald_link_write_begin(link, ALD_LINK_TYPE_INVALIDATE, &json);
        r = ald_link_write_end(link, &json, signal->ordinal);
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_link_count(link, ALD_LINK_N_REGISTER_REFUSED);
    denial_choose(link, signal);
    ald_link_end(link, link->denial_code, link->denial);
    return 0;
}

int ald_link_tell_verdict(struct ald_link *link, ald_usec now, const struct ald_signal *signal)
{
    if (signal->party != 0) {
        return ald_link_instance_judged(link, signal);
    }
    if (link->state != ALD_LINK_ASKED) {
        ald_link_drop(link);
        return 0;
    }
    return signal->kind == ALD_SIGNAL_REGISTERED ? tell_registered(link, now, signal) : tell_denied(link, signal);
}

/* --- goodbye ----------------------------------------------------------------------------------------------------- */

/* Of all instances the host speaks for one goodbye is enough: the hub ends them with it. */
void ald_link_hear_disconnect(struct ald_link *link, bool ready)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_LEAVE);

    if (ready && !link->we_leave) {
        ald_link_count(link, ALD_LINK_N_UNEXPECTED);
        return;
    }
    if (!ready && link->they_leave) {
        return;
    }
    link->they_leave = link->they_leave || !ready;
    signal.ok = ready;
    signal.reconnect = true;
    ald_link_say(link, &signal);
}

int ald_link_tell_leave(struct ald_link *link, const struct ald_signal *signal)
{
    if (signal->party != 0 || link->we_leave) {
        return 0; /* one goodbye for all of a connection */
    }
    link->we_leave = true;
    if (link->is_old) {
        return ald_link_old_disconnect(link, false, signal);
    }
    return ald_link_write_disconnect(link, false, signal->ordinal);
}

bool ald_link_part(struct ald_dialect *dialect, enum ald_parting why, uint16_t *ret_code, const char **ret_reason)
{
    static const struct {
        uint16_t code;
        const char *reason;
    } words[] = {
        [ALD_PARTING_LEFT] = {ALD_LINK_CLOSE_NORMAL, "Disconnect"},
        [ALD_PARTING_UNHEALTHY] = {ALD_LINK_CLOSE_POLICY, "Does not read what it is sent"},
        [ALD_PARTING_REPLACED] = {ALD_LINK_CLOSE_POLICY, "Newer connection for host from same address"},
        [ALD_PARTING_DENIED] = {ALD_LINK_CLOSE_UNAUTHORIZED, "Authentication failed: Permission denied"},
        [ALD_PARTING_FULL] = {ALD_LINK_CLOSE_LATER, "Too many connections"},
        [ALD_PARTING_STOPPING] = {ALD_LINK_CLOSE_AWAY, "Server Quit"},
        [ALD_PARTING_TAKEN] = {0,
                               ""}, /* link.md 3.3: cut; after a close frame an existing client would not call again */
    };
    struct ald_link *link = ald_container(dialect, struct ald_link, dialect);

    *ret_code = words[why].code;
    *ret_reason = words[why].reason;
    if (link->is_old && why == ALD_PARTING_REPLACED) {
        /* link.md 2.16 has 1008, after which a slave of then comes again, and two of one id put each other out for ever (9, 30).
         * The one code after which it does not: */
        *ret_code = ALD_LINK_CLOSE_OLD_UNAUTHORIZED;
        *ret_reason = "Registered from another connection";
    } else if (link->denial_code != 0) {
        *ret_code = link->denial_code;
        *ret_reason = link->denial;
    } else if (link->state != ALD_LINK_READY && why == ALD_PARTING_STOPPING) {
        *ret_reason = "Shutting down";
    }
    /* link.md 3.5: what the peer waits for; whoever is short of memory ends without. */
    if (link->they_leave && link->state == ALD_LINK_READY && ald_link_begin_work(link) == 0) {
        ald_ignore(link->is_old ? ald_link_old_disconnect(link, true, NULL) : ald_link_write_disconnect(link, true, 0));
    }
    return true;
}
