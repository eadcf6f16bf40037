/*
 * The sender algorithm of communicator.md 1.1. A line that is passed on is two copies: its head, and the text of its
 * parameters. Only where something is added, replaced or taken out are they merged one by one, and even then each that
 * stays is copied as it stood, for its text is known to be what a sender would write; all but one, perhaps, that is no
 * longer the last of the line or has become it (comm_params.h).
 */

#include "base/error.h"
#include "wire/communicator/comm_impl.h"
#include "wire/communicator/comm_name.h"

static const struct ald_comm_params no_params = {.text = {"", 0}, .canonical = true};

/* --- what may be written ---------------------------------------------------------------------------------------- */

static bool head_has_from(const struct ald_comm_head *head)
{
    return head->from_server.size > 0 || head->from_service.size > 0;
}

/*
 * May a name be passed on? If it is read back the same, which blanks and control characters would not be, nor the signs
 * that end a name: `colon` and `slash`, where those do.
 */
static bool name_reads_back(struct ald_str name, char colon, char slash)
{
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];

        if ((uint8_t)byte <= ' ' || byte == 0x7f || byte == colon || byte == slash) {
            return false;
        }
    }
    return true;
}

/* What begins a line must not begin a sender or JSON. */
static bool head_begins_well(const struct ald_comm_head *head)
{
    struct ald_str first = head->service.size == 0  ? head->command
                           : head->server.size == 0 ? head->service
                                                    : head->server;

    return head_has_from(head) || (first.data[0] != '<' && first.data[0] != '{');
}

static bool head_reads_back(const struct ald_comm_head *head)
{
    return name_reads_back(head->from_server, ':', ' ') && name_reads_back(head->from_service, ' ', ' ') &&
           name_reads_back(head->server, ':', '/') && name_reads_back(head->service, ':', '/') &&
           head->command.size > 0 && name_reads_back(head->command, ':', '/') && head_begins_well(head);
}

static bool is_sender(struct ald_str name)
{
    return name.size == 0 || ald_comm_name_legal(name);
}

static bool is_receiver(struct ald_str name)
{
    return is_sender(name) || ald_comm_is_scope(name);
}

/* The checks of the setters. */
static bool head_is_legal(const struct ald_comm_head *head, unsigned options)
{
    if ((options & ALD_COMM_AS_READ) != 0) {
        return head_reads_back(head);
    }
    return is_sender(head->from_server) && is_sender(head->from_service) && is_receiver(head->server) &&
           is_receiver(head->service) && ald_comm_command_legal(head->command);
}

/* --- the head --------------------------------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *to, struct ald_str str)
{
    if (str.size > 0) {
        memcpy(to, str.data, str.size);
    }
    return to + str.size;
}

/* `str` and the sign behind it. */
static uint8_t *put_sign(uint8_t *to, struct ald_str str, char sign)
{
    to = put(to, str);
    *to++ = (uint8_t)sign;
    return to;
}

static size_t head_size(const struct ald_comm_head *head)
{
    size_t size = head->command.size;

    size += head_has_from(head) ? head->from_server.size + head->from_service.size + 3 : 0;
    size += head->service.size > 0 ? head->service.size + 1 : 0;
    size += head->service.size > 0 && head->server.size > 0 ? head->server.size + 1 : 0;
    return size;
}

/* `to` has room for head_size(). */
static uint8_t *head_put(uint8_t *to, const struct ald_comm_head *head)
{
    if (head_has_from(head)) {
        *to++ = '<';
        to = put_sign(to, head->from_server, ':');
        to = put_sign(to, head->from_service, ' ');
    }
    if (head->service.size > 0) {
        if (head->server.size > 0) {
            to = put_sign(to, head->server, ':');
        }
        to = put_sign(to, head->service, '/');
    }
    return put(to, head->command);
}

/* The head, a blank before `text` if that is anything, and the end of the line if asked for: one reservation. */
static int whole_write(struct ald_buf *out, const struct ald_comm_head *head, bool parametered, struct ald_str text,
                       unsigned options)
{
    size_t signs = (parametered ? 1 : 0) + ((options & ALD_COMM_LF) != 0 ? 1 : 0);
    uint8_t *room = NULL, *to;
    int r;

    if (!head_is_legal(head, options)) {
        return ALD_COMM_ILLEGAL;
    }
    r = ald_buf_reserve(out, head_size(head) + text.size + signs, &room);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    to = head_put(room, head);
    if (parametered) {
        *to++ = ' ';
    }
    to = put(to, text);
    if ((options & ALD_COMM_LF) != 0) {
        *to++ = '\n';
    }
    ald_buf_commit(out, (size_t)(to - room));
    return 0;
}

int ald_comm_head_write(struct ald_buf *out, const struct ald_comm_head *head, bool parametered, unsigned options)
{
    int r = whole_write(out, head, parametered, ALD_STR_NONE, options & ~(unsigned)ALD_COMM_LF);

    return r < 0 ? ald_trace(r) : r;
}

/* --- parameters and edits --------------------------------------------------------------------------------------- */

/* Two sorted rows that become one. */
struct merge {
    struct ald_buf *out;
    const struct ald_comm_params *params;
    size_t n_params; /* all but those at the end that are edited away */
    const struct ald_comm_edit *edits[ALD_COMM_EDITS_MAX];
    size_t n_edits;
    size_t start; /* of the parameters, in `out` */
};

/* Put `edit` where it belongs, in place of an earlier one of its name. */
static void merge_add(struct merge *merge, const struct ald_comm_edit *edit)
{
    size_t at = merge->n_edits;
    int order = -1;

    while (at > 0 && (order = ald_str_compare(merge->edits[at - 1]->name, edit->name)) > 0) {
        at--;
    }
    if (at > 0 && order == 0) {
        merge->edits[at - 1] = edit;
        return;
    }
    memmove(&merge->edits[at + 1], &merge->edits[at], (merge->n_edits - at) * sizeof(merge->edits[0]));
    merge->edits[at] = edit;
    merge->n_edits++;
}

/* Is the parameter at the end replaced or removed? Edits behind it are looked at once, so `*from` moves down only. */
static bool merge_hides(const struct merge *merge, const struct ald_comm_param *item, size_t *from)
{
    int order = 1;

    while (*from > 0 && (order = ald_str_compare(merge->edits[*from - 1]->name, item->name)) > 0) {
        --*from;
    }
    return *from > 0 && order == 0;
}

static bool merge_init(struct merge *merge, struct ald_buf *out, const struct ald_comm_params *params,
                       const struct ald_comm_edit *edits, size_t n_edits)
{
    size_t from;

    ald_assert(n_edits <= ALD_COMM_EDITS_MAX);

    merge->out = out;
    merge->params = params;
    merge->n_params = params->n;
    merge->n_edits = 0;
    for (size_t i = 0; i < n_edits; i++) {
        if (!ald_comm_name_legal(edits[i].name) || comm_has(edits[i].value, '\0')) {
            return false;
        }
        merge_add(merge, &edits[i]);
    }
    for (from = merge->n_edits; merge->n_params > 0; merge->n_params--) {
        if (!merge_hides(merge, &params->items[merge->n_params - 1], &from)) {
            break;
        }
    }
    return true;
}

/* Is there a value among the edits from `at` on? */
static bool edits_say(const struct merge *merge, size_t at)
{
    while (at < merge->n_edits && !ald_str_present(merge->edits[at]->value)) {
        at++;
    }
    return at < merge->n_edits;
}

static bool merge_begins(const struct merge *merge)
{
    return ald_buf_size(merge->out) == merge->start;
}

static int merge_edit(struct merge *merge, size_t at, bool is_last)
{
    const struct ald_comm_edit *edit = merge->edits[at];
    struct ald_comm_param item = {.name = edit->name, .raw = edit->value};

    if (!ald_str_present(edit->value)) {
        return 0;
    }
    return ald_comm_item_write(merge->out, &item, merge_begins(merge), is_last);
}

static int merge_param(struct merge *merge, size_t at, bool is_last)
{
    const struct ald_comm_param *item = &merge->params->items[at];
    bool was_last = at + 1 == merge->params->n, is_first = merge_begins(merge);
    struct ald_str text;
    uint8_t *room, *to;
    int r;

    if (!merge->params->canonical || was_last != is_last) {
        return ald_comm_item_write(merge->out, item, is_first, is_last);
    }
    text = comm_item_text(item);
    r = ald_buf_reserve(merge->out, text.size + (is_first ? 0 : 1), &room);
    if (r == 0) {
        to = put(put(room, is_first ? ALD_STR("") : ALD_STR(";")), text);
        ald_buf_commit(merge->out, (size_t)(to - room));
    }
    return r;
}

static int merge_write(struct merge *merge)
{
    size_t param = 0, edit = 0;
    int order, r = 0;

    merge->start = ald_buf_size(merge->out);
    while (r == 0 && (param < merge->n_params || edit < merge->n_edits)) {
        order = param == merge->n_params ? 1
                : edit == merge->n_edits ? -1
                                         : ald_str_compare(merge->params->items[param].name, merge->edits[edit]->name);
        if (order < 0) {
            r = merge_param(merge, param, param + 1 == merge->n_params && !edits_say(merge, edit));
            param++;
        } else {
            r = merge_edit(merge, edit, param + (order == 0) == merge->n_params && !edits_say(merge, edit + 1));
            edit++;
            param += order == 0 ? 1 : 0;
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Will any parameter be written? */
static bool merge_says(const struct merge *merge)
{
    return merge->n_params > 0 || edits_say(merge, 0);
}

int ald_comm_edits_write(struct ald_buf *out, const struct ald_comm_params *params, const struct ald_comm_edit *edits,
                         size_t n_edits)
{
    size_t before = ald_buf_size(out);
    struct merge merge;
    int r;

    if (!merge_init(&merge, out, params != NULL ? params : &no_params, edits, n_edits)) {
        return ALD_COMM_ILLEGAL;
    }
    r = merge_write(&merge);
    if (r != 0) {
        ald_buf_cut(out, before);
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_comm_line_write(struct ald_buf *out, const struct ald_comm_head *head, const struct ald_comm_params *params,
                        const struct ald_comm_edit *edits, size_t n_edits, unsigned options)
{
    size_t before = ald_buf_size(out);
    struct merge merge;
    int r;

    ald_assert(out != NULL && head != NULL && (edits != NULL || n_edits == 0));

    params = params != NULL ? params : &no_params;
    if (params->canonical && n_edits == 0) {
        r = whole_write(out, head, params->n > 0, params->text, options);
        return r < 0 ? ald_trace(r) : r;
    }
    if (!merge_init(&merge, out, params, edits, n_edits)) {
        return ALD_COMM_ILLEGAL;
    }
    r = ald_comm_head_write(out, head, merge_says(&merge), options);
    if (r == 0) {
        r = merge_write(&merge);
    }
    if (r == 0 && (options & ALD_COMM_LF) != 0) {
        r = ald_buf_push(out, ALD_STR("\n"));
    }
    if (r != 0) {
        ald_buf_cut(out, before);
    }
    return r < 0 ? ald_trace(r) : r;
}
