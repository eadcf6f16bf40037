/*
 * A pass keeps the credential, not only the name that it had: when the rules change, each pass is judged again as if its
 * owner came in now. So a token that was replaced under the same name ends the sessions of the old one, which is what
 * replacing it is for.
 *
 * Of several credentials the one that was meant counts: a token is sent on purpose, a certificate comes with the
 * connection, a user with the machine. A token that is not known is not made good by one of the others.
 */

#include <stdlib.h>

#include "auth/token.h"
#include "base/error.h"
#include "conn/edge.h"
#include "daemon/warden_impl.h"
#include "msg/catalog.h"

/* Who has the credential of the pass, by the newest rules; NULL: nobody. */
static const struct ald_principal *pass_find(const struct ald_warden *warden, const struct ald_pass *pass)
{
    struct ald_str name = ald_str_of(pass->name, pass->name_size);

    if (pass->proved) {
        return ald_auth_proved(warden->auth, name, pass->issued);
    }
    switch ((enum ald_principal_kind)pass->kind) {
    case ALD_PRINCIPAL_TOKEN:
        return ald_auth_hashed(warden->auth, pass->hash);
    case ALD_PRINCIPAL_SUBJECT:
        return ald_auth_subject(warden->auth, name);
    case ALD_PRINCIPAL_USER:
        return ald_auth_user(warden->auth, pass->user);
    }
    return NULL;
}

/* --- coming in ---------------------------------------------------------------------------------------------------- */

/* Gives a pass with room for a name. Errors: ALDIS_E_NOMEM. */
static int pass_make(enum ald_principal_kind kind, struct ald_str name, struct ald_pass **ret_pass)
{
    struct ald_pass *pass = calloc(1, sizeof(*pass) + name.size);

    if (pass == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    pass->kind = (uint8_t)kind;
    pass->name_size = name.size;
    if (name.size > 0) {
        memcpy(pass->name, name.data, name.size);
    }
    *ret_pass = pass;
    return 0;
}

/* Gives the pass of whoever shows `token`, or comes with what `peer` has. Errors: ALDIS_E_NOMEM. */
static int pass_of(struct ald_str token, const struct ald_peer *peer, struct ald_pass **ret_pass)
{
    struct ald_pass *pass = NULL;
    struct ald_str subject = ald_str(peer->tls_verified ? peer->tls_subject : "");
    enum ald_principal_kind kind = ald_str_present(token) ? ALD_PRINCIPAL_TOKEN
                                   : subject.size > 0     ? ALD_PRINCIPAL_SUBJECT
                                                          : ALD_PRINCIPAL_USER;
    int r = pass_make(kind, kind == ALD_PRINCIPAL_SUBJECT ? subject : ALD_STR(""), &pass);

    r = r == 0 && kind == ALD_PRINCIPAL_TOKEN ? ald_token_hash(token, pass->hash) : r;
    if (r < 0) {
        free(pass);
        return ald_trace(r);
    }
    pass->user = peer->uid;
    *ret_pass = pass;
    return 0;
}

/* Gives a pass that is in no list and belongs to nobody yet. Outcomes: those of admit(). Errors: ALDIS_E_NOMEM. */
static int pass_new(const struct ald_shown *shown, struct ald_pass **ret_pass)
{
    const struct ald_peer *peer = shown->peer;
    struct ald_str token = ALD_STR_NONE;
    int r;

    if (ald_str_present(shown->proved)) {
        r = pass_make(ALD_PRINCIPAL_TOKEN, shown->proved, ret_pass);
        if (r < 0) {
            return ald_trace(r);
        }
        (*ret_pass)->proved = true;
        (*ret_pass)->issued = shown->issued;
        return 0;
    }
    r = ald_token_of_field(shown->authorization, &token);
    if (r == ALD_TOKEN_MALFORMED || shown->authorization_repeated) {
        return ALD_GUARD_UNKNOWN;
    }
    if (r == ALD_TOKEN_NONE && !(peer->tls_verified && peer->tls_subject[0] != '\0') && !peer->has_ids) {
        return ALD_GUARD_NOTHING;
    }
    r = pass_of(token, peer, ret_pass);
    return r < 0 ? ald_trace(r) : 0;
}

/* Why nobody has the pass. A certificate or a user come with the connection: nobody claimed to be anybody by them. */
static int pass_judge(const struct ald_warden *warden, const struct ald_pass *pass)
{
    if (pass->kind != ALD_PRINCIPAL_TOKEN) {
        return ALD_GUARD_NOTHING;
    }
    return pass->proved && ald_auth_proved(warden->auth, ald_str_of(pass->name, pass->name_size), UINT64_MAX) != NULL
               ? ALD_GUARD_REVOKED
               : ALD_GUARD_UNKNOWN;
}

static int guard_admit(void *owner, const struct ald_shown *shown, struct ald_pass **ret_pass)
{
    struct ald_warden *warden = owner;
    struct ald_pass *pass = NULL;
    int r = pass_new(shown, &pass);

    if (r == 0) {
        pass->principal = pass_find(warden, pass);
        if (pass->principal == NULL) {
            r = pass_judge(warden, pass);
            free(pass);
        }
    }
    if (r != 0) {
        warden->counters.unknown += r == ALD_GUARD_UNKNOWN || r == ALD_GUARD_REVOKED ? 1 : 0;
        return r < 0 ? ald_trace(r) : r;
    }
    warden->counters.admitted++;
    ald_list_push_back(&warden->passes, &pass->node);
    *ret_pass = pass;
    return 0;
}

static void guard_release(void *owner ALD_UNUSED, struct ald_pass *pass)
{
    ald_node_remove(&pass->node);
    while (pass->served != NULL) {
        struct ald_served *served = pass->served;

        pass->served = served->next;
        free(served);
    }
    free(pass);
}

static void guard_enter(void *owner ALD_UNUSED, struct ald_pass *pass, enum ald_guest_manage needs,
                        void (*expel)(void *who), void *who)
{
    ald_assert(pass->expel == NULL);
    pass->needs = (uint8_t)needs;
    pass->expel = expel;
    pass->who = who;
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

static void served_clear(struct ald_pass *pass, uint32_t party)
{
    for (struct ald_served **at = &pass->served; *at != NULL; at = &(*at)->next) {
        if ((*at)->party == party) {
            struct ald_served *served = *at;

            *at = served->next;
            free(served);
            return;
        }
    }
}

/* False: memory is short. */
static bool served_add(struct ald_pass *pass, uint32_t party, struct ald_str target)
{
    struct ald_served *served = malloc(sizeof(*served) + target.size);

    if (served == NULL) {
        return false;
    }
    *served = (struct ald_served){.next = pass->served, .party = party, .size = target.size};
    if (target.size > 0) {
        memcpy(served->target, target.data, target.size);
    }
    pass->served = served;
    return true;
}

/*
 * "A credential that may take exactly one target assigns it (the stock Java connector proposes a random UUID at every
 * connection); one that may take several must propose one of them" (DESIGN section 4).
 */
static void judge_register(struct ald_warden *warden, struct ald_pass *pass, struct ald_signal *signal)
{
    struct ald_str assigned = ald_auth_assigned(warden->auth, pass->principal);

    signal->principal = pass->principal->name;
    served_clear(pass, signal->party);
    if (!ald_str_present(signal->target)) {
        return; /* a caller only, which whoever is let in may be */
    }
    if (ald_str_present(assigned)) {
        signal->target = assigned;
    }
    signal->denied = !ald_auth_may_register(warden->auth, pass->principal, signal->target) ||
                     !served_add(pass, signal->party, signal->target);
    warden->counters.registrations_denied += signal->denied ? 1 : 0;
}

/* The session's own token was shown, and its principal admitted: without that nobody resumes anything. What it serves it goes
 * on to serve, for as long as it may; a control was given its name. */
static void judge_resume(const struct ald_warden *warden, struct ald_pass *pass, struct ald_signal *signal)
{
    struct ald_channel_view channel;
    const void *walk = NULL;

    signal->denied = signal->denied || !pass->proved;
    while (!signal->denied && ald_hub_next_in_session(ald_edge_hub(warden->edge), signal->session, &walk, &channel)) {
        if (channel.party_kind != ALD_PARTY_CONTROL) {
            signal->denied = !ald_auth_may_register(warden->auth, pass->principal, channel.target) ||
                             !served_add(pass, channel.party, channel.target);
        }
    }
}

/* Whom the address means, as the hub will see it: see ald_address, and the router of the hub. What is for all has no target, and
 * is the hub's to say: it takes the right to the hub itself, also where a controller takes what the hub does not answer. */
static struct ald_str target_meant(const struct ald_warden *warden, const struct ald_address *to)
{
    struct ald_channel_view channel;

    if (ald_str_present(to->target)) {
        return to->target;
    }
    if (ald_str_present(to->channel)) {
        return ald_hub_find_channel(ald_edge_hub(warden->edge), to->channel, &channel) == 0 ? channel.target
                                                                                            : ALD_STR_NONE;
    }
    if (to->scope != ALD_SCOPE_ONE) {
        return ALD_STR("");
    }
    return ald_str_present(warden->controller) ? warden->controller : ALD_STR("");
}

/* "A control that does not hold the permission of a message may not send it" (link.md 4.6): here nobody may who is known. */
bool ald_warden_holds(const struct ald_warden *warden, const struct ald_principal *principal, struct ald_str name)
{
    const struct ald_catalog *catalog = ald_warden_catalog(warden);
    const struct ald_blueprint *blueprint = catalog != NULL ? ald_catalog_find(catalog, name) : NULL;

    return blueprint == NULL || !ald_str_present(blueprint->permission) ||
           ald_auth_holds(warden->auth, principal, blueprint->permission);
}

static bool pass_may_command(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_str target,
                             struct ald_str name)
{
    return ald_str_present(target) && ald_auth_may_command(warden->auth, pass->principal, target, name) &&
           (ald_auth_is_own(target, name) || ald_warden_holds(warden, pass->principal, name));
}

static void judge_message(struct ald_warden *warden, const struct ald_pass *pass, struct ald_signal *signal)
{
    const struct ald_msg *msg = signal->msg;
    struct ald_str target = target_meant(warden, &msg->to);

    signal->denied = !pass_may_command(warden, pass, target, msg->name);
    if (msg->kind == ALD_EVENT && ald_auth_is_own(target, msg->name)) {
        /* Everybody's are the questions of these names, and not what is told to all under them. */
        signal->denied = !ald_rules_may_command(ald_auth_rules(warden->auth), pass->principal, target, msg->name);
    }
    signal->primary_only = ald_auth_primary_only(warden->auth, msg->name);
    warden->counters.commands_denied += signal->denied ? 1 : 0;
}

/* Besides the right to it "permission = that of the event named" (link.md 4.10). */
static bool principal_may_hear(const struct ald_warden *warden, const struct ald_principal *principal,
                               struct ald_str name)
{
    return ald_auth_may_subscribe(warden->auth, principal, name) && ald_warden_holds(warden, principal, name);
}

/* Who hears less asks nobody. */
static void judge_subscribe(struct ald_warden *warden, const struct ald_pass *pass, struct ald_signal *signal)
{
    const struct ald_subscription *asked = signal->subscription;

    signal->denied =
        asked != NULL && !ald_subscription_ends(asked) && !principal_may_hear(warden, pass->principal, asked->name);
    warden->counters.subscriptions_denied += signal->denied ? 1 : 0;
}

static void guard_judge(void *owner, struct ald_pass *pass, struct ald_signal *signal)
{
    struct ald_warden *warden = owner;

    if (pass->principal == NULL) {
        signal->denied = true; /* he is on his way out */
        return;
    }
    switch (signal->kind) {
    case ALD_SIGNAL_REGISTER:
        judge_register(warden, pass, signal);
        break;
    case ALD_SIGNAL_UNREGISTER:
        served_clear(pass, signal->party);
        break;
    case ALD_SIGNAL_RESUME:
        judge_resume(warden, pass, signal);
        break;
    case ALD_SIGNAL_COMMAND:
    case ALD_SIGNAL_EVENT:
        judge_message(warden, pass, signal);
        break;
    case ALD_SIGNAL_SUBSCRIBE:
        judge_subscribe(warden, pass, signal);
        break;
    default:
        break;
    }
}

/* --- pages -------------------------------------------------------------------------------------------------------- */

static struct ald_str guard_principal(void *owner ALD_UNUSED, const struct ald_pass *pass)
{
    return pass->principal->name;
}

static enum ald_guest_manage guard_manage(void *owner ALD_UNUSED, const struct ald_pass *pass)
{
    static const enum ald_guest_manage levels[] = {
        [ALD_MANAGE_NONE] = ALD_GUEST_MANAGE_NONE,
        [ALD_MANAGE_READ] = ALD_GUEST_MANAGE_READ,
        [ALD_MANAGE_WRITE] = ALD_GUEST_MANAGE_WRITE,
    };

    return levels[pass->principal->manage];
}

static bool guard_may_command(void *owner, const struct ald_pass *pass, const struct ald_address *to,
                              struct ald_str name)
{
    const struct ald_warden *warden = owner;

    return pass_may_command(warden, pass, target_meant(warden, to), name);
}

static int guard_rights(void *owner, const struct ald_pass *pass, struct ald_buf *out)
{
    int r = ald_warden_rights(owner, pass, out);

    return r < 0 ? ald_trace(r) : r;
}

static void guard_describe(void *owner, const struct ald_pass *pass, struct ald_json_writer *json)
{
    ald_warden_describe(owner, pass, json);
}

static int guard_why(void *owner, struct ald_str principal, struct ald_str target, struct ald_str name,
                     struct ald_buf *out, bool *ret_allowed)
{
    int r = ald_warden_why(owner, principal, target, name, out, ret_allowed);

    return r < 0 ? ald_trace(r) : r;
}

void ald_warden_guard_init(struct ald_warden *warden)
{
    warden->guard = (struct ald_guard){
        .admit = guard_admit,
        .release = guard_release,
        .enter = guard_enter,
        .judge = guard_judge,
        .principal = guard_principal,
        .manage = guard_manage,
        .rights = guard_rights,
        .may_command = guard_may_command,
        .describe = guard_describe,
        .why = guard_why,
        .owner = warden,
    };
}

/* --- when the rules change ---------------------------------------------------------------------------------------- */

static bool pass_holds(const struct ald_warden *warden, const struct ald_pass *pass)
{
    if (pass->principal == NULL || guard_manage(NULL, pass) < pass->needs) {
        return false;
    }
    for (const struct ald_served *served = pass->served; served != NULL; served = served->next) {
        if (!ald_auth_may_register(warden->auth, pass->principal, ald_str_of(served->target, served->size))) {
            return false;
        }
    }
    return true;
}

/* Somebody who has no connection, and so no pass, may come back to his session. */
static bool channel_holds(const struct ald_warden *warden, const struct ald_channel_view *channel, uint64_t began)
{
    const struct ald_principal *principal = ald_auth_proved(warden->auth, channel->principal, began);

    return principal != NULL && (channel->party_kind == ALD_PARTY_CONTROL ||
                                 ald_auth_may_register(warden->auth, principal, channel->target));
}

static void end_who_is_away(struct ald_warden *warden)
{
    const uint64_t now = ald_loop_wall() / ALD_SEC;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    while (ald_hub_next_channel(ald_edge_hub(warden->edge), ALD_STR_NONE, &cursor, &channel)) {
        char id[ALD_ID_TEXT];
        /* The session is younger than the token that began it: who revokes it now revokes the session. */
        uint64_t age = (ald_loop_now(warden->loop) - channel.since) / ALD_SEC;

        if (channel.state == ALD_CHANNEL_AWAY && channel.session != 0 &&
            !channel_holds(warden, &channel, now - ALD_MIN(age, now))) {
            memcpy(id, channel.id.data, sizeof(id)); /* the hub is stepped, and what was shown is gone */
            warden->counters.expelled++;
            ald_ignore(ald_edge_channel_leave(warden->edge, ald_str_of(id, sizeof(id)), false)); /* gone already */
        }
    }
}

/* The first that the principal may hear no more is ended; false: there is none. */
static bool subscription_end(struct ald_warden *warden, struct ald_str channel, const struct ald_principal *principal)
{
    char text[ALD_NAME_MAX];
    const void *walk = NULL;
    struct ald_str name;

    while (ald_hub_next_subscription(ald_edge_hub(warden->edge), channel, &walk, &name)) {
        if (!principal_may_hear(warden, principal, name)) {
            ald_assert(name.size <= sizeof(text));
            memcpy(text, name.data, name.size); /* the hub is stepped, and what was shown is gone */
            return ald_edge_unsubscribe(warden->edge, channel, ald_str_of(text, name.size)) == 0;
        }
    }
    return false;
}

void ald_warden_end_subscriptions(struct ald_warden *warden)
{
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    while (warden->edge != NULL && ald_hub_next_channel(ald_edge_hub(warden->edge), ALD_STR_NONE, &cursor, &channel)) {
        const struct ald_principal *principal =
            ald_str_present(channel.principal) ? ald_rules_find(ald_auth_rules(warden->auth), channel.principal) : NULL;
        char id[ALD_ID_TEXT];

        memcpy(id, channel.id.data, sizeof(id));
        /* Who is not in the rules any more is gone in a moment. */
        while (principal != NULL && subscription_end(warden, ald_str_of(id, sizeof(id)), principal)) {
            warden->counters.subscriptions_ended++;
        }
    }
}

void ald_warden_judge_again(struct ald_warden *warden)
{
    /* Nobody leaves the list in between: who is put out gives his pass back later. */
    ald_list_each (it, &warden->passes) {
        struct ald_pass *pass = ald_list_entry(it, struct ald_pass, node);

        pass->principal = pass_find(warden, pass);
    }
    ald_list_each (it, &warden->passes) {
        struct ald_pass *pass = ald_list_entry(it, struct ald_pass, node);

        if (pass->expel != NULL && !pass_holds(warden, pass)) {
            void (*expel)(void *who) = pass->expel;

            pass->expel = NULL; /* once */
            warden->counters.expelled++;
            expel(pass->who);
        }
    }
    if (warden->edge != NULL) {
        end_who_is_away(warden);
    }
    ald_warden_end_subscriptions(warden);
}
