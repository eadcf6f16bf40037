/*
 * A head is taken apart only when all of it is there, line by line, in one pass, so how it came in pieces cannot
 * matter. Where RFC 9112 lets a reader be lenient about something that another may understand differently, we refuse.
 */

#include "wire/http/http_head.h"

/* Take the next line, without its end, off `*text`. */
static struct ald_str line_take(struct ald_str *text)
{
    size_t end = ald_str_find(*text, ALD_STR("\r\n"));
    struct ald_str line = ald_str_of(text->data, end);

    ald_assert(end < text->size);
    *text = ald_str_from(*text, end + 2);
    return line;
}

/* Take everything up to `mark` off `*text`, and `mark` itself; false, with `*text` as it was, when there is none. */
static bool word_take(struct ald_str *text, char mark, struct ald_str *ret_word)
{
    const char *end = text->size > 0 ? memchr(text->data, mark, text->size) : NULL;

    if (end == NULL) {
        return false;
    }
    *ret_word = ald_str_of(text->data, (size_t)(end - text->data));
    *text = ald_str_from(*text, ret_word->size + 1);
    return true;
}

static bool digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* RFC 9112 section 2.3. A higher minor version than ours is read as ours. */
static enum ald_http_fault_kind version_parse(struct ald_str text, uint8_t *ret_minor)
{
    if (text.size != 8 || !ald_str_starts(text, ALD_STR("HTTP/")) || !digit(text.data[5]) || text.data[6] != '.' ||
        !digit(text.data[7])) {
        return ALD_HTTP_FAULT_START;
    }
    if (text.data[5] != '1') {
        return ALD_HTTP_FAULT_VERSION;
    }
    *ret_minor = text.data[7] == '0' ? 0 : 1;
    return ALD_HTTP_FAULT_NONE;
}

static enum ald_http_fault_kind field_parse(struct ald_str line, struct ald_http_field *ret_field)
{
    struct ald_str name;

    /* Section 5.2: a line that continues the one before. */
    if (line.size > 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
        return ALD_HTTP_FAULT_FOLDED;
    }
    /* Section 5.1: a blank between name and colon is no token character, so it is refused with the rest. */
    if (!word_take(&line, ':', &name) || !ald_http_token_valid(name) || !ald_http_value_valid(line)) {
        return ALD_HTTP_FAULT_FIELD;
    }
    *ret_field = (struct ald_http_field){.name = name, .value = ald_str_trim(line)};
    return ALD_HTTP_FAULT_NONE;
}

static enum ald_http_fault_kind fields_parse(struct ald_str text, struct ald_http_field *fields, size_t n_fields)
{
    enum ald_http_fault_kind fault;

    for (size_t i = 0; i < n_fields; i++) {
        fault = field_parse(line_take(&text), &fields[i]);
        if (fault != ALD_HTTP_FAULT_NONE) {
            return fault;
        }
    }
    ald_assert(line_take(&text).size == 0 && text.size == 0);
    return ALD_HTTP_FAULT_NONE;
}

/*
 * RFC 9112 section 6.3, rule 5: different lengths are how a request is smuggled past a proxy that believes the other.
 * Equal ones may be taken as one; the list form (`5, 5`) is refused, as that rule allows.
 */
static enum ald_http_fault_kind length_parse(struct ald_http_fields fields, uint64_t *ret_length, bool *ret_has)
{
    uint64_t length, first = 0;
    bool has = false;

    for (size_t i = 0; i < fields.n; i++) {
        if (!ald_str_equal_nocase(fields.items[i].name, ALD_STR("Content-Length"))) {
            continue;
        }
        if (ald_str_u64(fields.items[i].value, &length) != 0) {
            return ALD_HTTP_FAULT_LENGTH;
        }
        if (has && length != first) {
            return ALD_HTTP_FAULT_LENGTHS;
        }
        first = length;
        has = true;
    }
    *ret_length = first;
    *ret_has = has;
    return ALD_HTTP_FAULT_NONE;
}

/*
 * How the body is found (RFC 9112 section 6.3). `body` is NONE when neither header is there. Transfer-Encoding together
 * with Content-Length is the classic of request smuggling (section 11.2), and so is one in HTTP/1.0 (section 6.1).
 */
static enum ald_http_fault_kind framing_parse(struct ald_http_fields fields, uint8_t minor,
                                              enum ald_http_body *ret_body, uint64_t *ret_length)
{
    size_t n_codings = ald_http_fields_count(fields, ALD_STR("Transfer-Encoding"));
    struct ald_str coding = ald_http_fields_find(fields, ALD_STR("Transfer-Encoding"));
    enum ald_http_fault_kind fault;
    bool has_length = false;

    fault = length_parse(fields, ret_length, &has_length);
    if (fault != ALD_HTTP_FAULT_NONE) {
        return fault;
    }
    if (n_codings == 0) {
        *ret_body = has_length ? ALD_HTTP_BODY_LENGTH : ALD_HTTP_BODY_NONE;
        return ALD_HTTP_FAULT_NONE;
    }
    if (has_length) {
        return ALD_HTTP_FAULT_AMBIGUOUS;
    }
    if (minor == 0) {
        return ALD_HTTP_FAULT_CODING_OLD;
    }
    if (n_codings > 1 || !ald_str_equal_nocase(coding, ALD_STR("chunked"))) {
        return ALD_HTTP_FAULT_CODING;
    }
    *ret_body = ALD_HTTP_BODY_CHUNKED;
    return ALD_HTTP_FAULT_NONE;
}

/* Characters of a name or an IPv4 address (RFC 3986 section 3.2.2); with `colons`, of an IPv6 address in brackets. */
static bool host_name_valid(struct ald_str name, bool colons)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];

        if (!digit(byte) && (byte < 'A' || byte > 'Z') && (byte < 'a' || byte > 'z') && (byte != ':' || !colons) &&
            (byte == '\0' || strchr("-._~%!$&'()*+,;=", byte) == NULL)) {
            return false;
        }
    }
    return true;
}

/* A name or address, with or without a port; may be empty. No user, no path, no blank. */
static bool host_valid(struct ald_str host)
{
    struct ald_str name, port = host;
    bool bracket = ald_str_starts(host, ALD_STR("["));

    if (bracket) {
        port = ald_str_from(host, 1);
        if (!word_take(&port, ']', &name) || name.size == 0) {
            return false;
        }
        if (port.size > 0 && port.data[0] != ':') {
            return false;
        }
        port = ald_str_from(port, ALD_MIN((size_t)1, port.size));
    } else if (!word_take(&port, ':', &name)) {
        name = host;
        port = ALD_STR("");
    }
    for (size_t i = 0; i < port.size; i++) {
        if (!digit(port.data[i])) {
            return false;
        }
    }
    return host_name_valid(name, bracket);
}

/* RFC 9112 section 3.2: exactly one Host; a request of HTTP/1.0 may have none. */
static enum ald_http_fault_kind host_parse(struct ald_http_request *request)
{
    size_t n = ald_http_fields_count(request->fields, ALD_STR("Host"));
    struct ald_str host = ald_http_fields_find(request->fields, ALD_STR("Host"));

    if (n > 1 || (n == 0 && request->minor > 0) || !host_valid(host)) {
        return ALD_HTTP_FAULT_HOST;
    }
    if (!ald_str_present(request->host)) {
        request->host = host;
    }
    return ALD_HTTP_FAULT_NONE;
}

/* Divide what follows the authority into path and query. */
static void path_parse(struct ald_str rest, struct ald_http_request *request)
{
    request->query = ALD_STR_NONE;
    if (word_take(&rest, '?', &request->path)) {
        request->query = rest;
    } else {
        request->path = rest;
    }
    if (request->path.size == 0) { /* only after an authority: RFC 9110 section 4.2.3 */
        request->path = ALD_STR("/");
    }
}

/* `http://host:port` and what follows, RFC 9112 section 3.2.2. */
static enum ald_http_fault_kind absolute_parse(struct ald_str target, struct ald_http_request *request)
{
    struct ald_str scheme;
    size_t size = 0;

    if (!word_take(&target, ':', &scheme) || !ald_str_starts(target, ALD_STR("//"))) {
        return ALD_HTTP_FAULT_TARGET;
    }
    if (!ald_str_equal_nocase(scheme, ALD_STR("http")) && !ald_str_equal_nocase(scheme, ALD_STR("https"))) {
        return ALD_HTTP_FAULT_TARGET;
    }
    target = ald_str_from(target, 2);
    while (size < target.size && target.data[size] != '/' && target.data[size] != '?') {
        size++;
    }
    request->host = ald_str_of(target.data, size);
    if (size == 0 || request->host.data[0] == ':' || !host_valid(request->host)) {
        return ALD_HTTP_FAULT_TARGET;
    }
    path_parse(ald_str_from(target, size), request);
    return ALD_HTTP_FAULT_NONE;
}

/*
 * RFC 9112 section 3.2. More characters are let through than a URI may hold, because browsers do not encode `|`, `{`
 * and their like; none of them means anything to us. A fragment is never sent, so a `#` is a mistake.
 */
static enum ald_http_fault_kind target_parse(struct ald_http_request *request)
{
    struct ald_str target = request->target;

    for (size_t i = 0; i < target.size; i++) {
        if (target.data[i] <= ' ' || target.data[i] > '~' || target.data[i] == '#') {
            return ALD_HTTP_FAULT_TARGET;
        }
    }
    /* Section 3.2.3 asks for a tunnel: we are no proxy. */
    if (ald_str_equal(request->method, ALD_STR("CONNECT"))) {
        return ALD_HTTP_FAULT_METHOD;
    }
    if (ald_str_equal(target, ALD_STR("*")) && ald_str_equal(request->method, ALD_STR("OPTIONS"))) {
        request->path = target;
        return ALD_HTTP_FAULT_NONE;
    }
    if (ald_str_starts(target, ALD_STR("/"))) {
        path_parse(target, request);
        return ALD_HTTP_FAULT_NONE;
    }
    return absolute_parse(target, request);
}

/* Section 3: method, target and version, with exactly one blank between them. */
static enum ald_http_fault_kind request_line_parse(struct ald_str line, struct ald_http_request *request)
{
    enum ald_http_fault_kind fault;

    if (!word_take(&line, ' ', &request->method) || !ald_http_token_valid(request->method)) {
        return ALD_HTTP_FAULT_START;
    }
    if (!word_take(&line, ' ', &request->target)) {
        return ALD_HTTP_FAULT_START;
    }
    fault = version_parse(line, &request->minor);
    return fault != ALD_HTTP_FAULT_NONE ? fault : target_parse(request);
}

enum ald_http_fault_kind ald_http_request_parse(struct ald_str text, struct ald_http_field *fields, size_t n_fields,
                                                struct ald_http_request *ret_request)
{
    struct ald_http_request request = {.fields = {fields, n_fields}};
    enum ald_http_fault_kind fault;

    fault = request_line_parse(line_take(&text), &request);
    if (fault == ALD_HTTP_FAULT_NONE) {
        fault = fields_parse(text, fields, n_fields);
    }
    if (fault == ALD_HTTP_FAULT_NONE) {
        fault = host_parse(&request);
    }
    if (fault == ALD_HTTP_FAULT_NONE) {
        fault = framing_parse(request.fields, request.minor, &request.body, &request.length);
    }
    if (fault != ALD_HTTP_FAULT_NONE) {
        return fault;
    }
    request.keep_alive =
        request.minor > 0 && !ald_http_fields_list(request.fields, ALD_STR("Connection"), ALD_STR("close"));
    *ret_request = request;
    return ALD_HTTP_FAULT_NONE;
}

/* Section 4. The blank before an absent reason is often left out, and nothing else can be meant. */
static enum ald_http_fault_kind status_line_parse(struct ald_str line, struct ald_http_response *response)
{
    struct ald_str version;

    if (!word_take(&line, ' ', &version) || line.size < 3 || (line.size > 3 && line.data[3] != ' ')) {
        return ALD_HTTP_FAULT_START;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!digit(line.data[i])) {
            return ALD_HTTP_FAULT_START;
        }
        response->status = (uint16_t)(response->status * 10 + (line.data[i] - '0'));
    }
    response->reason = ald_str_from(line, ALD_MIN((size_t)4, line.size));
    if (response->status < 100 || !ald_http_value_valid(response->reason)) {
        return ALD_HTTP_FAULT_START;
    }
    return version_parse(version, &response->minor);
}

enum ald_http_fault_kind ald_http_response_parse(struct ald_str text, struct ald_http_field *fields, size_t n_fields,
                                                 bool bodiless, struct ald_http_response *ret_response)
{
    struct ald_http_response response = {.fields = {fields, n_fields}};
    enum ald_http_fault_kind fault;

    fault = status_line_parse(line_take(&text), &response);
    if (fault == ALD_HTTP_FAULT_NONE) {
        fault = fields_parse(text, fields, n_fields);
    }
    if (fault == ALD_HTTP_FAULT_NONE) {
        fault = framing_parse(response.fields, response.minor, &response.body, &response.length);
    }
    if (fault != ALD_HTTP_FAULT_NONE) {
        return fault;
    }
    /* Section 6.3, rules 1 and 8: these have none; any other without a length lasts until the end of the connection. */
    if (bodiless || response.status < 200 || response.status == 204 || response.status == 304) {
        response.body = ALD_HTTP_BODY_NONE;
    } else if (response.body == ALD_HTTP_BODY_NONE) {
        response.body = ALD_HTTP_BODY_CLOSE;
    }
    response.keep_alive = response.minor > 0 && response.body != ALD_HTTP_BODY_CLOSE &&
                          !ald_http_fields_list(response.fields, ALD_STR("Connection"), ALD_STR("close"));
    *ret_response = response;
    return ALD_HTTP_FAULT_NONE;
}
