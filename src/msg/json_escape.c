/*
 * The few bytes that are rewritten are found with memchr(), so a text of megabytes that has none costs next to nothing;
 * a colon is judged by the bytes before it, of which the last are kept from piece to piece. What follows a colon is not
 * waited for: `command:` without the blank is rewritten too, which changes nothing for a reader.
 */

#include "msg/json_escape.h"

#include "base/buf.h"
#include "base/error.h"
#include "msg/json_bytes.h"

static const struct ald_str words[] = {{"command", 7}, {"reply", 5}};

void ald_json_escape_init(struct ald_json_escape *escape, unsigned options)
{
    ald_assert(escape != NULL);
    *escape = (struct ald_json_escape){.options = options};
}

/* Does the stream end in `word`, when `piece` comes after what was fed? */
static bool escape_ends(const struct ald_json_escape *escape, struct ald_str piece, struct ald_str word)
{
    size_t here = ALD_MIN(word.size, piece.size), before = word.size - here;

    return before <= escape->n_tail && memcmp(piece.data + piece.size - here, word.data + before, here) == 0 &&
           memcmp(escape->tail + escape->n_tail - before, word.data, before) == 0;
}

/* The search for what must be rewritten in one piece. */
struct hunt {
    struct ald_str piece;
    size_t done;      /* how much of the piece is written */
    size_t semicolon; /* the next of each, or the size of the piece */
    size_t colon;
};

static size_t byte_find(struct ald_str piece, size_t from, char byte)
{
    const char *found = from < piece.size ? memchr(piece.data + from, byte, piece.size - from) : NULL;

    return found != NULL ? (size_t)(found - piece.data) : piece.size;
}

static struct hunt hunt_make(const struct ald_json_escape *escape, struct ald_str piece)
{
    return (struct hunt){
        .piece = piece,
        .semicolon = (escape->options & ALD_JSON_NO_PAIRS) != 0 ? byte_find(piece, 0, ';') : piece.size,
        .colon = (escape->options & ALD_JSON_NO_PREFIXES) != 0 ? byte_find(piece, 0, ':') : piece.size,
    };
}

/* Is the byte before `at` a semicolon that was written as one? */
static bool hunt_pair(const struct ald_json_escape *escape, const struct hunt *hunt, size_t at)
{
    if (at > hunt->done) {
        return hunt->piece.data[at - 1] == ';';
    }
    return at == 0 && escape->semicolon;
}

static bool hunt_prefix(const struct ald_json_escape *escape, const struct hunt *hunt, size_t at)
{
    struct ald_str before = {hunt->piece.data, at};

    for (size_t i = 0; i < ALD_COUNT(words); i++) {
        if (escape_ends(escape, before, words[i])) {
            return true;
        }
    }
    return false;
}

/* The place of the next byte to be rewritten, or the size of the piece. */
static size_t hunt_next(const struct ald_json_escape *escape, struct hunt *hunt)
{
    bool found = false;
    size_t at;

    do {
        at = ALD_MIN(hunt->semicolon, hunt->colon);
        if (at == hunt->piece.size) {
            break;
        }
        if (at == hunt->semicolon) {
            found = hunt_pair(escape, hunt, at);
            hunt->semicolon = byte_find(hunt->piece, at + 1, ';');
        } else {
            found = hunt_prefix(escape, hunt, at);
            hunt->colon = byte_find(hunt->piece, at + 1, ':');
        }
    } while (!found);
    return at;
}

/* Keep the last bytes of what was fed. */
static void escape_keep(struct ald_json_escape *escape, struct ald_str piece)
{
    size_t size = ALD_MIN(piece.size, (size_t)ALD_JSON_ESCAPE_TAIL);
    size_t kept = ALD_MIN(escape->n_tail, ALD_JSON_ESCAPE_TAIL - size);

    memmove(escape->tail, escape->tail + escape->n_tail - kept, kept);
    memcpy(escape->tail + kept, piece.data + piece.size - size, size);
    escape->n_tail = (uint8_t)(kept + size);
}

int ald_json_escape_feed(struct ald_json_escape *escape, struct ald_str piece, struct ald_buf *out)
{
    struct hunt hunt;
    int r = 0;

    ald_assert(escape != NULL && out != NULL);

    if (piece.size == 0) {
        return 0;
    }
    hunt = hunt_make(escape, piece);
    for (size_t at; r == 0 && hunt.done < piece.size; hunt.done = at + 1) {
        at = hunt_next(escape, &hunt);
        r = ald_buf_push(out, ald_str_of(piece.data + hunt.done, at - hunt.done));
        if (r == 0 && at < piece.size) {
            r = ald_buf_push(out, piece.data[at] == ';' ? ALD_STR("\\u003b") : ALD_STR("\\u003a"));
        }
        escape->semicolon = at == piece.size && piece.data[at - 1] == ';';
    }
    escape_keep(escape, piece);
    return r < 0 ? ald_trace(r) : r;
}

bool ald_json_escape_needless(struct ald_str text, unsigned options)
{
    struct ald_json_escape escape;
    struct hunt hunt;

    ald_json_escape_init(&escape, options);
    hunt = hunt_make(&escape, text);
    return hunt_next(&escape, &hunt) == text.size;
}

int ald_json_repair(struct ald_str text, struct ald_buf *out)
{
    const uint8_t *at = (const uint8_t *)(text.data != NULL ? text.data : ""), *done = at, *end = at + text.size;
    size_t size;
    int r = 0;

    ald_assert(out != NULL);

    while (at != end && r == 0) {
        if (*at < 0x80) {
            at++;
            continue;
        }
        if (!bytes_utf8(at, end, &size)) {
            r = ald_buf_push(out, ald_str_of(done, (size_t)(at - done)));
            if (r == 0) {
                r = ald_buf_push(out, ALD_STR("\xef\xbf\xbd"));
            }
            done = at + size;
        }
        at += size;
    }
    if (r == 0) {
        r = ald_buf_push(out, ald_str_of(done, (size_t)(end - done)));
    }
    return r < 0 ? ald_trace(r) : r;
}
