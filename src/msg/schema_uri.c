#include "msg/schema_uri.h"

#include "base/buf.h"
#include "base/error.h"

/* RFC 3986 section 3; absent is not empty. */
struct uri {
    struct ald_str scheme, authority, path, query;
};

struct ald_str uri_split(struct ald_str uri, struct ald_str *ret_fragment)
{
    size_t at = ald_str_find(uri, ALD_STR("#"));

    *ret_fragment = at < uri.size ? ald_str_from(uri, at + 1) : ALD_STR_NONE;
    return ald_str_of(uri.data, at);
}

static bool scheme_may(char byte, bool first)
{
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');

    return letter || (!first && ((byte >= '0' && byte <= '9') || byte == '+' || byte == '-' || byte == '.'));
}

/* How long the scheme in front is, without its colon; 0: there is none. */
static size_t scheme_size(struct ald_str text)
{
    size_t size = 0;

    while (size < text.size && scheme_may(text.data[size], size == 0)) {
        size++;
    }
    return size < text.size && text.data[size] == ':' ? size : 0;
}

/* `text` has no fragment. */
static struct uri uri_read(struct ald_str text)
{
    struct uri uri = {.scheme = ALD_STR_NONE};
    size_t size = scheme_size(text), at;

    if (size > 0) {
        uri.scheme = ald_str_of(text.data, size);
        text = ald_str_from(text, size + 1);
    }
    at = ald_str_find(text, ALD_STR("?"));
    uri.query = at < text.size ? ald_str_from(text, at + 1) : ALD_STR_NONE;
    text = ald_str_of(text.data, at);
    if (ald_str_starts(text, ALD_STR("//"))) {
        text = ald_str_from(text, 2);
        uri.authority = ald_str_of(text.data, ald_str_find(text, ALD_STR("/")));
        text = ald_str_from(text, uri.authority.size);
    }
    uri.path = text;
    return uri;
}

/* Section 5.2.4, on what `out` holds from `start` on, in place: what is written never overtakes what is read. */
static void path_remove_dots(struct ald_buf *out, size_t start)
{
    char *path = (char *)out->data + out->start + start;
    size_t size = ald_buf_size(out) - start, at = 0, to = 0;

    while (at < size) {
        /* A segment with the slash before it, if it has one. */
        size_t from = path[at] == '/' ? at + 1 : at, end = from;
        bool last;

        while (end < size && path[end] != '/') {
            end++;
        }
        last = end == size;
        if (end - from == 2 && path[from] == '.' && path[from + 1] == '.') {
            while (to > 0 && path[to - 1] != '/') {
                to--;
            }
            to -= to > 0 ? 1 : 0;
            at = end;
        } else if (end - from == 1 && path[from] == '.') {
            at = end;
        } else {
            memmove(path + to, path + at, end - at);
            to += end - at;
            at = end;
            continue;
        }
        if (last) {
            path[to++] = '/'; /* the dots were at least as many bytes */
        }
    }
    ald_buf_cut(out, start + to);
}

/* Section 5.2.3: the reference's path takes the place of what follows the base's last slash. */
static int path_merge(const struct uri *base, struct ald_str path, struct ald_buf *out)
{
    size_t keep = base->path.size;
    int r = 0;

    while (keep > 0 && base->path.data[keep - 1] != '/') {
        keep--;
    }
    if (ald_str_present(base->authority) && base->path.size == 0) {
        r = ald_buf_push_byte(out, '/');
    } else if (keep > 0) {
        r = ald_buf_push(out, ald_str_of(base->path.data, keep));
    }
    return r != 0 ? r : ald_buf_push(out, path);
}

static int part_push(struct ald_buf *out, const char *before, struct ald_str part, const char *after)
{
    int r;

    if (!ald_str_present(part)) {
        return 0;
    }
    r = ald_buf_push(out, ald_str(before));
    if (r == 0) {
        r = ald_buf_push(out, part);
    }
    return r != 0 ? r : ald_buf_push(out, ald_str(after));
}

static int path_push(const struct uri *base, const struct uri *reference, struct ald_buf *out)
{
    size_t start = ald_buf_size(out);
    bool own = ald_str_present(reference->scheme) || ald_str_present(reference->authority);
    int r;

    if (!own && reference->path.size == 0) {
        return ald_buf_push(out, base->path);
    }
    if (own || reference->path.data[0] == '/') {
        r = ald_buf_push(out, reference->path);
    } else {
        r = path_merge(base, reference->path, out);
    }
    if (r == 0 && ald_buf_size(out) > start && !ald_str_present(reference->scheme)) {
        path_remove_dots(out, start);
    }
    return r;
}

int uri_resolve(struct ald_str base_text, struct ald_str reference_text, struct ald_buf *out)
{
    struct uri base = uri_read(base_text), reference = uri_read(reference_text);
    bool schemed = ald_str_present(reference.scheme), placed = schemed || ald_str_present(reference.authority);
    struct ald_str query = reference.query;
    int r;

    if (!placed && reference.path.size == 0 && !ald_str_present(query)) {
        query = base.query;
    }
    r = part_push(out, "", schemed ? reference.scheme : base.scheme, ":");
    if (r == 0) {
        r = part_push(out, "//", placed ? reference.authority : base.authority, "");
    }
    if (r == 0) {
        r = path_push(&base, &reference, out);
    }
    if (r == 0) {
        r = part_push(out, "?", query, "");
    }
    return r < 0 ? ald_trace(r) : r;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

int uri_decode(struct ald_str fragment, struct ald_buf *out)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < fragment.size; i++) {
        int high = -1, low = -1;

        if (fragment.data[i] == '%' && fragment.size - i > 2) {
            high = hex_digit(fragment.data[i + 1]);
            low = hex_digit(fragment.data[i + 2]);
        }
        if (high >= 0 && low >= 0) {
            r = ald_buf_push_byte(out, (uint8_t)(high * 16 + low));
            i += 2;
        } else {
            r = ald_buf_push_byte(out, (uint8_t)fragment.data[i]);
        }
    }
    return r < 0 ? ald_trace(r) : r;
}
