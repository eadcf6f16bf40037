/*
 * The receiver algorithm of communicator.md 1.1, in its order: trim, tell JSON by its brace, then who, to whom, what and
 * the parameters. Each failure names the byte that cannot stand there.
 */

#include "wire/communicator/comm_line.h"

#include "base/error.h"
#include "wire/communicator/comm_impl.h"

struct walk {
    const uint8_t *begin, *at, *end;
    const char *what; /* the fault */
};

static bool walk_fail(struct walk *walk, const uint8_t *at, const char *what)
{
    walk->at = at;
    walk->what = what;
    return false;
}

static struct ald_str walk_str(const uint8_t *from, const uint8_t *to)
{
    return ald_str_of(from, (size_t)(to - from));
}

/* Step 3: `<server:service `, where the service may have colons and both may be empty. */
static bool walk_from(struct walk *walk, struct ald_comm_head *head)
{
    const uint8_t *from, *at = walk->at;

    if (at == walk->end || *at != '<') {
        return true;
    }
    from = ++at;
    while (at != walk->end && *at != ':' && *at != ' ') {
        at++;
    }
    if (at == walk->end || *at == ' ') {
        return walk_fail(walk, at, "the sender is not <server:service");
    }
    head->from_server = walk_str(from, at);
    from = ++at;
    at = at != walk->end ? memchr(at, ' ', (size_t)(walk->end - at)) : NULL;
    if (at == NULL) {
        return walk_fail(walk, walk->end, "nothing follows the sender");
    }
    head->from_service = walk_str(from, at);
    walk->at = at + 1;
    return true;
}

/* Step 4: `[[server:]service/]command`, up to a blank or the end. */
static bool walk_to(struct walk *walk, struct ald_comm_head *head)
{
    const uint8_t *from = walk->at, *at = from;

    for (; at != walk->end && *at != ' '; at++) {
        if (*at != ':' && *at != '/') {
            continue;
        }
        if (at == from || ald_str_present(head->service) || (*at == ':' && ald_str_present(head->server))) {
            return walk_fail(walk, at, "the receiver is not server:service/");
        }
        *(*at == ':' ? &head->server : &head->service) = walk_str(from, at);
        from = at + 1;
    }
    if (at == from) {
        return walk_fail(walk, at, "there is no command");
    }
    head->command = walk_str(from, at);
    walk->at = at != walk->end ? at + 1 : at;
    return true;
}

static int line_read_text(struct ald_comm_reader *reader, struct walk *walk, struct ald_comm_line *ret_line,
                          struct ald_comm_fault *ret_fault)
{
    struct ald_comm_line line = {.json = false};
    const uint8_t *nul = memchr(walk->at, 0, (size_t)(walk->end - walk->at));
    int r;

    walk->end = nul != NULL ? nul : walk->end;
    if (!walk_from(walk, &line.head) || !walk_to(walk, &line.head)) {
        return comm_fault(ret_fault, walk->what, (size_t)(walk->at - walk->begin));
    }
    r = ald_comm_params_scan(reader, walk->begin, walk->at, walk->end, &line.params, ret_fault);
    if (r == 0) {
        *ret_line = line;
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_line_read(struct ald_comm_reader *reader, struct ald_str text, struct ald_comm_line *ret_line,
                       struct ald_comm_fault *ret_fault)
{
    const uint8_t *begin = (const uint8_t *)(text.data != NULL ? text.data : "");
    struct walk walk = {.begin = begin, .at = begin, .end = begin + text.size};
    int r;

    ald_assert(reader != NULL && ret_line != NULL && ret_fault != NULL);

    ald_comm_reader_clear(reader);
    while (walk.at != walk.end && comm_is_blank(*walk.at)) {
        walk.at++;
    }
    while (walk.at != walk.end && comm_is_blank(walk.end[-1])) {
        walk.end--;
    }
    if (walk.at == walk.end) {
        return comm_fault(ret_fault, "nothing but blanks", text.size);
    }
    if (*walk.at != '{') {
        return line_read_text(reader, &walk, ret_line, ret_fault);
    }
    r = ald_comm_json_read(reader, walk_str(walk.at, walk.end), ret_line, ret_fault);
    if (r == ALD_COMM_MALFORMED) {
        ret_fault->where += (size_t)(walk.at - walk.begin);
    }
    return r < 0 ? ald_trace(r) : r;
}
