#include "mgmt/exchange.h"

#include <stdio.h>

#include "base/error.h"
#include "wire/http/http_url.h"

/* Texts of the original; `%.*s` is the id that was asked for. */
struct endpoint {
    const char *path;
    const char *segments[3];
    int (*answer)(struct ald_mgmt_call *call, const struct endpoint *endpoint);
    const char *absent; /* 404 */
    const char *failed; /* 500 */
};

enum {
    /* A text with an id of a path in it. */
    MESSAGE_MAX = MGMT_PATH_MAX + 128
};

static int message_write(struct ald_mgmt_call *call, uint16_t status, const char *message)
{
    int r;

    call->page->status = status;
    call->page->type = "application/json";
    ald_buf_reset(&call->page->body);
    ald_json_write_init(&call->json, &call->page->body, ALD_JSON_PRETTY);
    ald_json_write_object(&call->json);
    ald_json_write_member_u64(&call->json, "code", status);
    ald_json_write_member_str(&call->json, "message", ald_str(message));
    ald_json_write_end(&call->json);
    r = ald_json_write_done(&call->json);
    return r < 0 ? ald_trace(r) : 0;
}

static int message_about(struct ald_mgmt_call *call, uint16_t status, const char *text)
{
    struct ald_str id = call->n_segments > 1 ? call->segments[1] : ALD_STR_NONE;
    const char *at = strchr(text, '@');
    char message[MESSAGE_MAX];
    int r;

    (void)snprintf(message, sizeof(message), "%.*s%.*s%s", at != NULL ? (int)(at - text) : 0, text,
                   at != NULL ? (int)id.size : 0, at != NULL && id.size > 0 ? id.data : "", at != NULL ? at + 1 : text);
    r = message_write(call, status, message);
    return r < 0 ? ald_trace(r) : 0;
}

static void channel_write(struct ald_mgmt_call *call, const struct ald_channel_view *channel)
{
    ald_json_write_object(&call->json);
    ald_json_write_member_str(&call->json, "id", channel->id);
    ald_json_write_member_str(&call->json, "targetId", channel->target);
    ald_json_write_member_bool(&call->json, "active", channel->active);
    ald_json_write_member_bool(&call->json, "primary", channel->primary);
    ald_json_write_end(&call->json);
}

/* What a list of channels is narrowed to. */
struct filter {
    struct ald_str target; /* absent: all */
    int active;            /* -1: all */
};

static void channels_write(struct ald_mgmt_call *call, const struct filter *filter)
{
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    ald_json_write_array(&call->json);
    while (ald_hub_next_channel(call->hub, filter->target, &cursor, &channel)) {
        if (filter->active < 0 || filter->active == channel.active) {
            channel_write(call, &channel);
        }
    }
    ald_json_write_end(&call->json);
}

static void batches_write(struct ald_mgmt_call *call)
{
    ald_json_write_array(&call->json);
    ald_json_write_end(&call->json);
}

/* The channels of one target, and its batches. */
static void target_members_write(struct ald_mgmt_call *call, struct ald_str target)
{
    ald_json_write_name(&call->json, ALD_STR("channels"));
    channels_write(call, &(struct filter){.target = target, .active = -1});
    ald_json_write_name(&call->json, ALD_STR("batchs"));
    batches_write(call);
}

/* The value is written, or did not fit. */
static int endpoint_done(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    int r = ald_json_write_done(&call->json);

    if (r != 0) {
        /* Also when memory was short: what was written so far goes, and the message needs little. */
        r = message_about(call, 500, endpoint->failed);
    }
    return r < 0 ? ald_trace(r) : 0;
}

static int targets_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    struct ald_target_view target;
    uint64_t cursor = 0;
    int r;

    ald_json_write_array(&call->json);
    while (ald_hub_next_target(call->hub, &cursor, &target)) {
        if (target.n_channels > 0) {
            ald_json_write_object(&call->json);
            ald_json_write_member_str(&call->json, "id", target.name);
            target_members_write(call, target.name);
            ald_json_write_end(&call->json);
        }
    }
    ald_json_write_end(&call->json);
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

static int target_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    struct ald_target_view target;
    int r;

    if (ald_hub_find_target(call->hub, call->segments[1], &target) != 0 || target.n_channels == 0) {
        r = message_about(call, 404, endpoint->absent);
        return r < 0 ? ald_trace(r) : 0;
    }
    ald_json_write_object(&call->json);
    target_members_write(call, target.name);
    ald_json_write_end(&call->json);
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

static int target_channels_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    int r;

    channels_write(call, &(struct filter){.target = call->segments[1], .active = -1});
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

/*
 * A parameter of a filter, decoded into `to`. Outcome: ALD_MGMT_ANSWERED, with an error. One that is too long for any
 * name is cut, and still no name: MGMT_PATH_MAX is more than ALD_NAME_MAX.
 */
static int parameter_read(struct ald_mgmt_call *call, const char *name, char to[MGMT_PATH_MAX],
                          struct ald_str *ret_value)
{
    int r = ald_http_query_find(call->head->query, ald_str(name), to, MGMT_PATH_MAX, ret_value);

    switch (r) {
    case 0:
        return 0;
    case ALD_HTTP_QUERY_ABSENT:
        *ret_value = ALD_STR_NONE;
        return 0;
    case ALD_HTTP_DECODE_FULL:
        *ret_value = ald_str_of(to, MGMT_PATH_MAX);
        memset(to, 'x', MGMT_PATH_MAX);
        return 0;
    default:
        r = message_write(call, 400, "The query is not percent-encoded");
        return r < 0 ? ald_trace(r) : ALD_MGMT_ANSWERED;
    }
}

static int channels_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    char target_text[MGMT_PATH_MAX], active_text[MGMT_PATH_MAX];
    struct ald_str active;
    struct filter filter = {.active = -1};
    int r;

    r = parameter_read(call, "targetId", target_text, &filter.target);
    r = r != 0 ? r : parameter_read(call, "active", active_text, &active);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : 0;
    }
    if (ald_str_present(active)) {
        /* "true" in any case means true, anything else false (exchange.md 9). */
        filter.active = ald_str_equal_nocase(active, ALD_STR("true")) ? 1 : 0;
    }
    channels_write(call, &filter);
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

static int channel_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    struct ald_channel_view channel;
    int r;

    if (ald_hub_find_channel(call->hub, call->segments[1], &channel) != 0) {
        r = message_about(call, 404, endpoint->absent);
        return r < 0 ? ald_trace(r) : 0;
    }
    channel_write(call, &channel);
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

/* There are no batches, whatever `status` and `targetId` say. */
static int batches_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    int r;

    batches_write(call);
    r = endpoint_done(call, endpoint);
    return r < 0 ? ald_trace(r) : 0;
}

static int batch_answer(struct ald_mgmt_call *call, const struct endpoint *endpoint)
{
    int r = message_about(call, 404, endpoint->absent);

    return r < 0 ? ald_trace(r) : 0;
}

/* `@` is where the id stands. */
static const struct endpoint endpoints[] = {
    {"/targets", {"targets"}, targets_answer, NULL, "Unable to retrieve targets metrics"},
    {"/targets/{targetId}",
     {"targets", ""},
     target_answer,
     "No metrics found for the given target [@]",
     "Unable to retrieve target metrics for the given target [@]"},
    {"/targets/{targetId}/channels",
     {"targets", "", "channels"},
     target_channels_answer,
     NULL,
     "Unable to retrieve channels metrics for the given target id [@]"},
    {"/targets/{targetId}/batchs",
     {"targets", "", "batchs"},
     batches_answer,
     NULL,
     "Unable to retrieve batchs metrics for the given target [@]"},
    {"/channels", {"channels"}, channels_answer, NULL, "Unable to retrieve channels metrics"},
    {"/channels/{channelId}",
     {"channels", ""},
     channel_answer,
     "No channel found for the given id [@]",
     "Unable to retrieve channel metrics for the given id [@]"},
    {"/batchs", {"batchs"}, batches_answer, NULL, "Unable to retrieve batchs metrics"},
    {"/batchs/{batchId}",
     {"batchs", ""},
     batch_answer,
     "No batch found for the given id [@]",
     "Unable to retrieve batch metrics for the given id [@]"},
};
_Static_assert(ALD_COUNT(endpoints) == ALD_MGMT_EXCHANGE_ENDPOINTS, "the original has eight");

const char *ald_mgmt_exchange_path(size_t i)
{
    return i < ALD_COUNT(endpoints) ? endpoints[i].path : NULL;
}

static bool segment_is(const struct ald_mgmt_call *call, size_t i, struct ald_str text)
{
    return i < call->n_segments && ald_str_equal(call->segments[i], text);
}

bool ald_mgmt_exchange_is(struct ald_mgmt_call *call)
{
    bool named = !ald_str_equal(call->mgmt->identifier, ALD_STR("exchange"));
    size_t n = segment_is(call, 0, ALD_STR("_node")) ? 1 : 0;

    if (!call->mgmt->exchange_pages || !segment_is(call, n, ALD_STR("exchange"))) {
        return false;
    }
    n++;
    if (named) {
        if (!segment_is(call, n, call->mgmt->identifier)) {
            return false;
        }
        n++;
    }
    call->n_segments -= n;
    memmove(call->segments, call->segments + n, call->n_segments * sizeof(call->segments[0]));
    return true;
}

static bool endpoint_fits(const struct endpoint *endpoint, const struct ald_mgmt_call *call)
{
    size_t n = 0;

    for (; n < ALD_COUNT(endpoint->segments) && endpoint->segments[n] != NULL; n++) {
        if (n >= call->n_segments || call->segments[n].size == 0 ||
            (endpoint->segments[n][0] != '\0' && !segment_is(call, n, ald_str(endpoint->segments[n])))) {
            return false;
        }
    }
    return n == call->n_segments;
}

int ald_mgmt_exchange(struct ald_mgmt_call *call)
{
    struct ald_str method = call->head->method;
    const struct endpoint *endpoint = endpoints;
    int r;

    while (endpoint < endpoints + ALD_COUNT(endpoints) && !endpoint_fits(endpoint, call)) {
        endpoint++;
    }
    if (endpoint == endpoints + ALD_COUNT(endpoints)) {
        r = ald_mgmt_problem(call, 404, "There is nothing at this path");
    } else if (!ald_str_equal(method, ALD_STR("GET")) && !ald_str_equal(method, ALD_STR("HEAD"))) {
        ald_mgmt_field(call, ALD_STR("Allow"), ALD_STR("GET, HEAD"));
        r = ald_mgmt_problem(call, 405, "This can only be read");
    } else {
        ald_mgmt_field(call, ALD_STR("Cache-Control"), ALD_STR("no-store"));
        call->page->type = "application/json";
        ald_json_write_init(&call->json, &call->page->body, ALD_JSON_PRETTY);
        r = endpoint->answer(call, endpoint);
    }
    return r < 0 ? ald_trace(r) : 0;
}
