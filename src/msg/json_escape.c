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

/* Does a word end before `at`? What is written is not looked at again: it ends in a byte that is in no word. */
static bool hunt_prefix(const struct ald_json_escape *escape, const struct hunt *hunt, size_t at)
{
    struct ald_str before = {hunt->piece.data + hunt->done, at - hunt->done};

    for (size_t i = 0; i < ALD_COUNT(words); i++) {
        if (hunt->done > 0 && before.size < words[i].size) {
            continue;
        }
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

/* How many bytes of a whole text are rewritten. */
static size_t text_count(const struct ald_json_escape *fresh, struct ald_str text)
{
    struct hunt hunt = hunt_make(fresh, text);
    size_t n = 0;

    for (size_t at = hunt_next(fresh, &hunt); at < text.size; at = hunt_next(fresh, &hunt)) {
        hunt.done = at + 1;
        n++;
    }
    return n;
}

bool ald_json_escape_needless(struct ald_str text, unsigned options)
{
    struct ald_json_escape fresh;
    struct hunt hunt;

    ald_json_escape_init(&fresh, options);
    hunt = hunt_make(&fresh, text);
    return hunt_next(&fresh, &hunt) == text.size;
}

/* Each escape is this much longer than the byte it stands for. */
enum { ESCAPE_SIZE = sizeof("\\u003b") - 1, ESCAPE_MORE = ESCAPE_SIZE - 1 };

/*
 * Rewrite `text` to `to`, which lies before it by just what the escapes will add. So what is written ends where what is
 * still to be read begins only when nothing is left to rewrite, and never passes it.
 */
static void text_rewrite(const struct ald_json_escape *fresh, struct ald_str text, char *to)
{
    struct hunt hunt = hunt_make(fresh, text);

    for (size_t at; hunt.done < text.size; hunt.done = at + 1) {
        char byte;

        at = hunt_next(fresh, &hunt);
        byte = at < text.size ? text.data[at] : '\0';
        memmove(to, text.data + hunt.done, at - hunt.done);
        to += at - hunt.done;
        if (at < text.size) {
            memcpy(to, byte == ';' ? "\\u003b" : "\\u003a", ESCAPE_SIZE);
            to += ESCAPE_SIZE;
        }
    }
}

int ald_json_escape_rest(struct ald_buf *buf, size_t from, unsigned options)
{
    struct ald_json_escape fresh;
    struct ald_str text;
    uint8_t *room = NULL;
    size_t more;
    char *start;
    int r;

    ald_assert(buf != NULL);

    ald_json_escape_init(&fresh, options);
    text = ald_str_from(ald_buf_str(buf), from);
    more = ESCAPE_MORE * text_count(&fresh, text);
    if (more == 0) {
        return 0;
    }
    r = ald_buf_reserve(buf, more, &room);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    start = (char *)room - text.size;
    memmove(start + more, start, text.size);
    text_rewrite(&fresh, ald_str_of(start + more, text.size), start);
    ald_buf_commit(buf, more);
    return 0;
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
