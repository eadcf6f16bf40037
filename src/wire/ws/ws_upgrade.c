#include "wire/ws/ws_upgrade.h"

#include "base/error.h"
#include "wire/http/http_writer.h"

/* RFC 6455 section 1.3. */
static const char upgrade_guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

_Static_assert(sizeof(upgrade_guid) - 1 == ALD_WS_ACCEPT_SOURCE - ALD_WS_NONCE_TEXT, "the source is key and GUID");

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void base64_write(const uint8_t *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t n = ALD_MIN(size - i, (size_t)3);
        uint32_t group = (uint32_t)bytes[i] << 16;

        group |= n > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= n > 2 ? (uint32_t)bytes[i + 2] : 0;
        *text++ = base64_digits[group >> 18];
        *text++ = base64_digits[group >> 12 & 63];
        *text++ = n > 1 ? base64_digits[group >> 6 & 63] : '=';
        *text++ = n > 2 ? base64_digits[group & 63] : '=';
    }
}

void ald_ws_accept_source(struct ald_str key, char source[ALD_WS_ACCEPT_SOURCE])
{
    ald_assert(key.size == ALD_WS_NONCE_TEXT);

    memcpy(source, key.data, ALD_WS_NONCE_TEXT);
    memcpy(source + ALD_WS_NONCE_TEXT, upgrade_guid, sizeof(upgrade_guid) - 1);
}

void ald_ws_accept_format(const uint8_t sha1[ALD_WS_SHA1_SIZE], char text[ALD_WS_ACCEPT_TEXT])
{
    base64_write(sha1, ALD_WS_SHA1_SIZE, text);
}

void ald_ws_nonce_format(const uint8_t nonce[ALD_WS_NONCE_SIZE], char text[ALD_WS_NONCE_TEXT])
{
    base64_write(nonce, ALD_WS_NONCE_SIZE, text);
}

/* Section 4.2.1, rule 5: the base64 of 16 bytes, which is 22 digits and two signs of padding. */
static bool key_valid(struct ald_str key)
{
    if (key.size != ALD_WS_NONCE_TEXT || key.data[22] != '=' || key.data[23] != '=') {
        return false;
    }
    for (size_t i = 0; i < 22; i++) {
        if (key.data[i] == '\0' || strchr(base64_digits, key.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* In the order of exchange.md section 2.2; the texts are ours but for the first. */
static const struct ald_ws_refusal refusal_connection = {400, "\"Connection\" header must be \"Upgrade\".", NULL};
static const struct ald_ws_refusal refusal_method = {405, "A WebSocket is opened with GET.", NULL};
static const struct ald_ws_refusal refusal_version = {426, "Only version 13 of WebSocket is spoken.", NULL};
static const struct ald_ws_refusal refusal_versions = {426, "Only versions 13 and 8 of WebSocket are spoken.", "13, 8"};
static const struct ald_ws_refusal refusal_upgrade = {400, "\"Upgrade\" header must be \"websocket\".", NULL};
static const struct ald_ws_refusal refusal_http = {400, "A WebSocket needs HTTP/1.1.", NULL};
static const struct ald_ws_refusal refusal_key = {400, "\"Sec-WebSocket-Key\" header must be 16 bytes in base64.",
                                                  NULL};

static bool version_is_spoken(const struct ald_http_request *request, bool old)
{
    struct ald_str version = ald_http_fields_find(request->fields, ALD_STR("Sec-WebSocket-Version"));

    return ald_http_fields_count(request->fields, ALD_STR("Sec-WebSocket-Version")) == 1 &&
           (ald_str_equal(version, ALD_STR("13")) || (old && ald_str_equal(version, ALD_STR("8"))));
}

static const struct ald_ws_refusal *upgrade_judge(const struct ald_http_request *request, bool old)
{
    if (!ald_http_fields_list(request->fields, ALD_STR("Connection"), ALD_STR("Upgrade"))) {
        return &refusal_connection;
    }
    if (!ald_str_equal(request->method, ALD_STR("GET"))) {
        return &refusal_method;
    }
    if (!version_is_spoken(request, old)) {
        return old ? &refusal_versions : &refusal_version;
    }
    if (!ald_http_fields_list(request->fields, ALD_STR("Upgrade"), ALD_STR("websocket"))) {
        return &refusal_upgrade;
    }
    if (request->minor == 0) {
        return &refusal_http;
    }
    if (ald_http_fields_count(request->fields, ALD_STR("Sec-WebSocket-Key")) != 1 ||
        !key_valid(ald_http_fields_find(request->fields, ALD_STR("Sec-WebSocket-Key")))) {
        return &refusal_key;
    }
    return NULL;
}

static int upgrade_check(const struct ald_http_request *request, bool old, struct ald_ws_upgrade *ret_upgrade,
                         const struct ald_ws_refusal **ret_refusal)
{
    const struct ald_ws_refusal *refusal = upgrade_judge(request, old);

    if (refusal != NULL) {
        *ret_refusal = refusal;
        return ALD_WS_UPGRADE_REFUSED;
    }
    *ret_upgrade = (struct ald_ws_upgrade){
        .key = ald_http_fields_find(request->fields, ALD_STR("Sec-WebSocket-Key")),
        .protocols = ald_http_fields_count(request->fields, ALD_STR("Sec-WebSocket-Protocol")) > 0,
        .extensions = ald_http_fields_count(request->fields, ALD_STR("Sec-WebSocket-Extensions")) > 0,
    };
    return 0;
}

int ald_ws_upgrade_check(const struct ald_http_request *request, struct ald_ws_upgrade *ret_upgrade,
                         const struct ald_ws_refusal **ret_refusal)
{
    return upgrade_check(request, false, ret_upgrade, ret_refusal);
}

int ald_ws_upgrade_check_old(const struct ald_http_request *request, struct ald_ws_upgrade *ret_upgrade,
                             const struct ald_ws_refusal **ret_refusal)
{
    return upgrade_check(request, true, ret_upgrade, ret_refusal);
}

bool ald_ws_upgrade_wanted(const struct ald_http_request *request)
{
    return ald_http_fields_list(request->fields, ALD_STR("Upgrade"), ALD_STR("websocket"));
}

static bool protocol_named(struct ald_str protocol, const struct ald_str *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (ald_str_equal(protocol, names[i])) {
            return true;
        }
    }
    return false;
}

/* The first subprotocol offered that `accepts` (all of them when it is NULL). Section 11.3.4: the header may repeat. */
static struct ald_str protocol_find(const struct ald_http_request *request, const struct ald_str *accepts, size_t n)
{
    struct ald_http_fields fields = request->fields;
    struct ald_str list, item;

    for (size_t i = 0; i < fields.n; i++) {
        if (!ald_str_equal_nocase(fields.items[i].name, ALD_STR("Sec-WebSocket-Protocol"))) {
            continue;
        }
        list = fields.items[i].value;
        while (ald_http_list_next(&list, &item)) {
            /* What is no token cannot be answered with, so it is not heard. */
            if (ald_http_token_valid(item) && (accepts == NULL || protocol_named(item, accepts, n))) {
                return item;
            }
        }
    }
    return ALD_STR_NONE;
}

struct ald_str ald_ws_upgrade_protocol(const struct ald_http_request *request, const struct ald_str *ours, size_t n)
{
    return n > 0 ? protocol_find(request, ours, n) : ALD_STR_NONE;
}

struct ald_str ald_ws_upgrade_protocol_first(const struct ald_http_request *request)
{
    return protocol_find(request, NULL, 0);
}

/* What a parser like ours takes, less the Host of a request. */
enum { UPGRADE_FIELDS_MAX = ALD_HTTP_N_FIELDS_MAX - 1 };

/* `own` fields before `more`. */
static int fields_join(const struct ald_http_field *own, size_t n_own, struct ald_http_fields more,
                       struct ald_http_field joined[UPGRADE_FIELDS_MAX], struct ald_http_fields *ret_fields)
{
    if (more.n > UPGRADE_FIELDS_MAX - n_own) {
        return ALD_HTTP_WRITER_UNFIT;
    }
    memcpy(joined, own, n_own * sizeof(*own));
    if (more.n > 0) {
        memcpy(joined + n_own, more.items, more.n * sizeof(*own));
    }
    *ret_fields = (struct ald_http_fields){joined, n_own + more.n};
    return 0;
}

int ald_ws_upgrade_write_accept(struct ald_buf *out, const char accept[ALD_WS_ACCEPT_TEXT], struct ald_str protocol,
                                struct ald_http_fields fields)
{
    const struct ald_http_field own[] = {
        {ALD_STR("Upgrade"), ALD_STR("websocket")},
        {ALD_STR("Connection"), ALD_STR("Upgrade")},
        {ALD_STR("Sec-WebSocket-Accept"), ald_str_of(accept, ALD_WS_ACCEPT_TEXT)},
        {ALD_STR("Sec-WebSocket-Protocol"), protocol},
    };
    struct ald_http_field joined[UPGRADE_FIELDS_MAX];
    struct ald_http_response_out response = {.status = 101, .framing = ALD_HTTP_FRAMING_NONE};
    size_t n_own = ald_str_present(protocol) ? ALD_COUNT(own) : ALD_COUNT(own) - 1;
    int r;

    r = fields_join(own, n_own, fields, joined, &response.fields);
    return r != 0 ? r : ald_http_response_write(out, &response);
}

int ald_ws_upgrade_write_refusal(struct ald_buf *out, const struct ald_ws_refusal *refusal)
{
    /* Allow: RFC 9110 section 15.5.6. The versions: RFC 6455 section 4.4. Upgrade: RFC 9110 section 15.5.22. */
    const struct ald_http_field allow[] = {{ALD_STR("Allow"), ALD_STR("GET")}};
    const struct ald_http_field version[] = {
        {ALD_STR("Sec-WebSocket-Version"), ald_str(refusal->versions != NULL ? refusal->versions : "13")},
        {ALD_STR("Upgrade"), ALD_STR("websocket")},
    };
    struct ald_str text = ald_str(refusal->text);
    struct ald_http_response_out response = {
        .status = refusal->status,
        .framing = ALD_HTTP_FRAMING_LENGTH,
        .length = text.size,
        .close = true,
        .type = ALD_STR("text/plain; charset=utf-8"),
    };
    size_t held = ald_buf_size(out);
    int r;

    if (refusal->status == 405) {
        response.fields = (struct ald_http_fields){allow, ALD_COUNT(allow)};
    } else if (refusal->status == 426) {
        response.fields = (struct ald_http_fields){version, ALD_COUNT(version)};
    }
    r = ald_http_response_write(out, &response);
    if (r != 0) {
        return r;
    }
    r = ald_buf_push(out, text);
    if (r != 0) {
        ald_buf_cut(out, held);
        return r < 0 ? ald_trace(r) : ALD_HTTP_WRITER_FULL;
    }
    return 0;
}

int ald_ws_upgrade_write_request(struct ald_buf *out, struct ald_str host, struct ald_str target,
                                 const char key[ALD_WS_NONCE_TEXT], struct ald_http_fields fields)
{
    const struct ald_http_field own[] = {
        {ALD_STR("Upgrade"), ALD_STR("websocket")},
        {ALD_STR("Connection"), ALD_STR("Upgrade")},
        {ALD_STR("Sec-WebSocket-Version"), ALD_STR("13")},
        {ALD_STR("Sec-WebSocket-Key"), ald_str_of(key, ALD_WS_NONCE_TEXT)},
    };
    struct ald_http_field joined[UPGRADE_FIELDS_MAX];
    struct ald_http_request_out request = {
        .method = ALD_STR("GET"),
        .target = target,
        .host = host,
        .framing = ALD_HTTP_FRAMING_NONE,
    };
    int r;

    r = fields_join(own, ALD_COUNT(own), fields, joined, &request.fields);
    return r != 0 ? r : ald_http_request_write(out, &request);
}

/* What is wrong with a 101, or NULL: RFC 6455 section 4.1, the client's checks in their order. */
static const char *accept_judge(const struct ald_http_response *response, struct ald_str accept,
                                const struct ald_str *offered, size_t n)
{
    struct ald_http_fields fields = response->fields;

    if (!ald_http_fields_list(fields, ALD_STR("Upgrade"), ALD_STR("websocket"))) {
        return "The server upgrades to something else.";
    }
    if (!ald_http_fields_list(fields, ALD_STR("Connection"), ALD_STR("Upgrade"))) {
        return "The server does not say \"Connection: Upgrade\".";
    }
    if (ald_http_fields_count(fields, ALD_STR("Sec-WebSocket-Accept")) != 1 ||
        !ald_str_equal(ald_http_fields_find(fields, ALD_STR("Sec-WebSocket-Accept")), accept)) {
        return "The server did not prove that it read our key.";
    }
    if (ald_http_fields_count(fields, ALD_STR("Sec-WebSocket-Extensions")) > 0) {
        return "The server uses an extension that was not offered.";
    }
    if (ald_http_fields_count(fields, ALD_STR("Sec-WebSocket-Protocol")) > 0 &&
        !protocol_named(ald_http_fields_find(fields, ALD_STR("Sec-WebSocket-Protocol")), offered, n)) {
        return "The server uses a subprotocol that was not offered.";
    }
    return NULL;
}

int ald_ws_upgrade_verify(const struct ald_http_response *response, const char accept[ALD_WS_ACCEPT_TEXT],
                          const struct ald_str *offered, size_t n, struct ald_ws_refusal *ret_refusal)
{
    const char *wrong;

    if (response->status != 101) {
        *ret_refusal = (struct ald_ws_refusal){
            response->status,
            response->status == 401 ? "The server does not know who asks."
                                    : "The server does not open a WebSocket here.",
            NULL,
        };
        return ALD_WS_UPGRADE_REFUSED;
    }
    wrong = accept_judge(response, ald_str_of(accept, ALD_WS_ACCEPT_TEXT), offered, n);
    if (wrong != NULL) {
        *ret_refusal = (struct ald_ws_refusal){0, wrong, NULL};
        return ALD_WS_UPGRADE_REFUSED;
    }
    return 0;
}
