/*
 * The codec of communicator lines. The first byte chooses what the rest is:
 *
 *     D TEXT              one line, as a datagram is; read also by the slow reader below, and passed on
 *     S SIZE MAX TEXT     a stream in chunks of SIZE bytes, with lines of at most MAX
 *     E TEXT (0 EDIT)...  parameters and edits of them, each `name` or `name=value`
 *     P TEXT              the JSON payload of a message
 *     V TEXT              a value, or a name
 *
 * What must hold: the slow reader accepts the same lines and understands the same. What is written is what the slow writer
 * writes; it is canonical and is read the same. A payload comes back as it was, or as strings.
 */

#include "communicator_slow.h"

#include "msg/address.h"
#include "msg/json_scan.h"
#include "wire/communicator/comm_endpoint.h"
#include "wire/communicator/comm_lines.h"
#include "wire/communicator/comm_name.h"
#include "wire/communicator/comm_payload.h"
#include "wire/communicator/comm_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- lines ------------------------------------------------------------------------------------------------------ */

static bool head_equal(const struct ald_comm_head *a, const struct ald_comm_head *b)
{
    return ald_str_present(a->from_server) == ald_str_present(b->from_server) &&
           ald_str_present(a->server) == ald_str_present(b->server) &&
           ald_str_present(a->service) == ald_str_present(b->service) &&
           ald_str_equal(a->from_server, b->from_server) && ald_str_equal(a->from_service, b->from_service) &&
           ald_str_equal(a->server, b->server) && ald_str_equal(a->service, b->service) &&
           ald_str_equal(a->command, b->command);
}

static void check_params(const struct ald_comm_params *params, const struct slow *slow)
{
    struct ald_buf scratch, fast, expected;
    struct ald_str value;

    ald_buf_init(&scratch, BUF_MAX);
    ald_buf_init(&fast, BUF_MAX);
    ald_buf_init(&expected, BUF_MAX);
    MUST(params->n == slow->n);
    for (size_t i = 0; i < slow->n; i++) {
        ald_buf_cut(&scratch, 0);
        MUST(ald_str_equal(params->items[i].name, slow->items[i].name));
        MUST(ald_comm_value(&params->items[i], &scratch, &value) == 0);
        MUST(ald_str_equal(value, slow->items[i].value));
        MUST(ald_comm_value_is(&params->items[i], value));
    }
    slow_write(slow, &expected);
    MUST(ald_comm_params_write(params, &fast) == 0);
    MUST(ald_str_equal(ald_buf_str(&fast), ald_buf_str(&expected)));
    MUST(params->canonical == ald_str_equal(params->text, ald_buf_str(&expected)));
    ald_buf_fini(&scratch);
    ald_buf_fini(&fast);
    ald_buf_fini(&expected);
}

/* What can be passed on is read again as the same, but for what is not written: an empty sender, a server alone. */
static void check_again(const struct ald_comm_line *line, const struct slow *slow)
{
    struct ald_comm_reader reader;
    struct ald_comm_line again;
    struct ald_comm_fault fault;
    struct ald_buf strict, lax;
    int r;

    ald_buf_init(&strict, BUF_MAX);
    ald_buf_init(&lax, BUF_MAX);
    ald_comm_reader_init(&reader);
    r = ald_comm_line_write(&lax, &line->head, &line->params, NULL, 0, ALD_COMM_AS_READ);
    MUST(r == 0 || (r == ALD_COMM_ILLEGAL && ald_buf_size(&lax) == 0));
    if (r == 0) {
        MUST(ald_comm_line_read(&reader, ald_buf_str(&lax), &again, &fault) == 0);
        MUST(again.params.canonical && !again.json);
        MUST(ald_str_equal(again.head.command, line->head.command));
        MUST(ald_str_equal(again.head.service, line->head.service));
        MUST(ald_str_equal(again.head.from_server, line->head.from_server));
        MUST(ald_str_equal(again.head.from_service, line->head.from_service));
        MUST(line->head.service.size == 0 || ald_str_equal(again.head.server, line->head.server));
        check_params(&again.params, slow);
    }
    if (ald_comm_line_write(&strict, &line->head, &line->params, NULL, 0, ALD_COMM_STRICT | ALD_COMM_LF) == 0) {
        MUST(r == 0 && ald_buf_push_byte(&lax, '\n') == 0);
        MUST(ald_str_equal(ald_buf_str(&lax), ald_buf_str(&strict)));
    }
    ald_comm_reader_fini(&reader);
    ald_buf_fini(&strict);
    ald_buf_fini(&lax);
}

/* Does the slow reader accept it? -1: it cannot tell, because jansson cannot. */
static int slow_accepts(struct slow *slow, struct ald_str text, json_t **ret_root)
{
    text = slow_trim(text);
    if (text.size == 0 || text.data[0] != '{') {
        return text.size > 0 && slow_read(slow, text) ? 1 : 0;
    }
    if (memchr(text.data, 0, text.size) != NULL) {
        return -1; /* jansson misses some */
    }
    *ret_root = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    return *ret_root == NULL ? -1 : slow_json(slow, *ret_root) ? 1 : 0;
}

static void check_line(struct ald_str text)
{
    static struct slow slow;
    struct ald_comm_reader reader;
    struct ald_comm_fault fault;
    struct ald_comm_line line;
    json_t *root = NULL;
    int expected, r;

    slow_init(&slow, 4 * text.size + ALD_COMM_PARAMS_MAX * 400);
    ald_comm_reader_init(&reader);
    expected = slow_accepts(&slow, text, &root);
    r = ald_comm_line_read(&reader, text, &line, &fault);
    MUST(r == 0 || (r == ALD_COMM_MALFORMED && fault.what != NULL && fault.where <= text.size));
    MUST(expected < 0 || (r == 0) == (expected == 1));
    if (expected == 1) {
        MUST(head_equal(&line.head, &slow.head));
        check_params(&line.params, &slow);
        check_again(&line, &slow);
    }
    ald_comm_reader_fini(&reader);
    free(slow.memory);
    json_decref(root);
}

/* --- streams ---------------------------------------------------------------------------------------------------- */

/* The next line of `text` that is none too many: a line, or one that is too long. */
static bool stream_next(struct ald_str *text, struct ald_str *ret_line)
{
    while (ald_str_find(*text, ALD_STR("\n")) < text->size) {
        *ret_line = ald_str_of(text->data, ald_str_find(*text, ALD_STR("\n")));
        *text = ald_str_from(*text, ret_line->size + 1);
        if (ret_line->size > 0 && !ald_str_equal(*ret_line, ALD_STR("\r"))) {
            return true;
        }
    }
    return false;
}

static void check_stream(struct ald_str text)
{
    size_t step = text.size > 1 ? (uint8_t)text.data[0] % 40 + 1 : 0, max = step > 0 ? (uint8_t)text.data[1] + 1 : 0;
    struct ald_str expected, rest;
    struct ald_comm_lines lines;
    struct ald_slice whole = ALD_SLICE_NONE;
    bool ahead = false; /* a line was told to be too long before its end came */

    if (step == 0) {
        return;
    }
    text = rest = ald_str_from(text, 2);
    ald_comm_lines_init(&lines, max);
    MUST(ald_slice_copy(text, &whole) == 0);
    for (size_t at = 0; at < whole.size; at += step) {
        struct ald_slice chunk = ald_slice_part(whole, at, ALD_MIN(step, whole.size - at)), line = ALD_SLICE_NONE;
        struct ald_slice left = chunk;
        int r;

        while ((r = ald_comm_lines_next(&lines, &left, &line)) != ALD_COMM_LINES_HUNGRY) {
            bool known = stream_next(&rest, &expected);

            MUST(!ahead);
            if (r == ALD_COMM_LINES_LONG) {
                ahead = !known;
                MUST(!known || expected.size > max);
                continue;
            }
            MUST(r == 0 && known && ald_str_equal(ald_slice_str(line), expected) && expected.size <= max);
            check_line(ald_slice_str(line));
            ald_slice_clear(&line);
        }
        MUST(left.size == 0 && ald_comm_lines_held(&lines) <= max);
        ald_slice_clear(&chunk);
    }
    MUST(!stream_next(&rest, &expected));
    ald_comm_lines_fini(&lines);
    ald_slice_clear(&whole);
}

/* --- edits ------------------------------------------------------------------------------------------------------ */

static struct ald_str part_take(struct ald_str *text, struct ald_str separator)
{
    struct ald_str part = ald_str_of(text->data, ald_str_find(*text, separator));

    *text = ald_str_from(*text, ALD_MIN(part.size + separator.size, text->size));
    return part;
}

/* The map as it must be afterwards; false: an edit cannot be made. */
static bool slow_edit(struct slow *slow, const struct ald_comm_edit *edit)
{
    if (!slow_name(edit->name)) {
        return false;
    }
    if (slow->n == ALD_COMM_PARAMS_MAX) {
        return true;
    }
    slow_set(slow, edit->name, edit->value);
    return true;
}

static void slow_drop_absent(struct slow *slow)
{
    size_t n = 0;

    for (size_t i = 0; i < slow->n; i++) {
        if (ald_str_present(slow->items[i].value)) {
            slow->items[n++] = slow->items[i];
        }
    }
    slow->n = n;
}

static void check_edits(struct ald_str text)
{
    static struct slow slow;
    struct ald_str params_text = part_take(&text, (struct ald_str){"", 1});
    struct ald_comm_edit edits[ALD_COMM_EDITS_MAX];
    struct ald_comm_reader reader;
    struct ald_comm_params params;
    struct ald_comm_fault fault;
    struct ald_buf fast, expected;
    size_t n = 0;
    bool legal = true;
    int r;

    slow_init(&slow, 4 * params_text.size);
    ald_comm_reader_init(&reader);
    ald_buf_init(&fast, BUF_MAX);
    ald_buf_init(&expected, BUF_MAX);
    r = ald_comm_params_read(&reader, params_text, &params, &fault);
    MUST((r == 0) == slow_params(&slow, params_text));
    if (r == 0 && params.n + ALD_COMM_EDITS_MAX <= ALD_COMM_PARAMS_MAX) {
        for (; text.size > 0 && n < ALD_COMM_EDITS_MAX; n++) {
            struct ald_str edit = part_take(&text, (struct ald_str){"", 1});
            bool removes = ald_str_find(edit, ALD_STR("=")) == edit.size;

            edits[n].name = part_take(&edit, ALD_STR("="));
            edits[n].value = removes ? ALD_STR_NONE : edit;
            legal = slow_edit(&slow, &edits[n]) && legal;
        }
        slow_drop_absent(&slow);
        slow_write(&slow, &expected);
        r = ald_comm_edits_write(&fast, &params, edits, n);
        MUST(r == (legal ? 0 : ALD_COMM_ILLEGAL));
        MUST(r == 0 ? ald_str_equal(ald_buf_str(&fast), ald_buf_str(&expected)) : ald_buf_size(&fast) == 0);
    }
    ald_comm_reader_fini(&reader);
    ald_buf_fini(&fast);
    ald_buf_fini(&expected);
    free(slow.memory);
}

/* --- payloads --------------------------------------------------------------------------------------------------- */

/* As it was, or, if it was an object whose members became parameters, with strings. */
static void check_back(struct ald_str payload, struct ald_str back, bool whole)
{
    struct ald_json_scan scan;

    MUST(ald_json_check(back, ALD_JSON_STRICT, &scan) == 0);
    if (!whole) {
        MUST(scan.value.type == ALD_JSON_OBJECT);
    } else if (ald_utf8_valid(payload)) {
        MUST(ald_str_equal(payload, back));
    }
}

static void check_payload(struct ald_str payload)
{
    struct ald_comm_reader reader, second;
    struct ald_comm_params params, again;
    struct ald_buf text, back, scratch;
    struct ald_comm_fault fault;
    struct ald_json_scan scan;
    bool sound = ald_json_check(payload, ALD_JSON_BROKEN_OK, &scan) == 0;

    ald_comm_reader_init(&reader);
    ald_comm_reader_init(&second);
    ald_buf_init(&text, BUF_MAX);
    ald_buf_init(&back, BUF_MAX);
    ald_buf_init(&scratch, BUF_MAX);
    MUST((ald_comm_payload_params(&reader, payload, &params, &fault) == 0) == sound);
    if (sound) {
        MUST(ald_comm_params_write(&params, &text) == 0);
        MUST(ald_comm_params_read(&second, ald_buf_str(&text), &again, &fault) == 0 && again.canonical);
        MUST(again.n == params.n && again.n > 0);
        MUST(ald_comm_payload_write(&again, &scratch, &back, &fault) == 0);
        check_back(payload, ald_buf_str(&back), ald_comm_find(&again, ALD_STR("aldis_payload")) != NULL);
    }
    ald_comm_reader_fini(&reader);
    ald_comm_reader_fini(&second);
    ald_buf_fini(&text);
    ald_buf_fini(&back);
    ald_buf_fini(&scratch);
}

/* --- values and names ------------------------------------------------------------------------------------------- */

static void check_names(struct ald_str text)
{
    struct ald_str word, name;
    struct ald_buf scratch;
    int r;

    ald_buf_init(&scratch, BUF_MAX);
    r = ald_comm_spell(text, &scratch, &word);
    MUST(r == 0 || r == ALD_COMM_ILLEGAL);
    if (r == 0) {
        MUST(ald_comm_name_legal(word));
        MUST(ald_comm_unspell(word, &scratch, &name) == 0 && ald_str_equal(name, text));
    }
    ald_buf_cut(&scratch, 0);
    MUST(ald_comm_unspell(text, &scratch, &name) == 0);
    if (ald_comm_name_legal(text) && text.size <= ALD_NAME_MAX) {
        r = ald_comm_spell(name, &scratch, &word);
        MUST(r == 0 && ald_str_equal(word, text));
    }
    MUST(ald_comm_name_legal(text) == slow_name(text));
    ald_buf_fini(&scratch);
}

static void check_values(struct ald_str text)
{
    char room[ALD_COMM_TIME_MAX];
    struct ald_comm_endpoint endpoint;
    struct ald_comm_time time, again;
    struct ald_comm_cache cache = ald_comm_cache_read(text);
    struct ald_str item, list = text;
    ald_usec duration;
    int64_t integer;
    bool truth;
    size_t n = 0;

    MUST(cache.ttl >= ALD_COMM_CACHE_TTL_MIN && cache.ttl <= ALD_COMM_CACHE_TTL_MAX && !(cache.keep && cache.reply));
    if (ald_comm_time_read(text, &time) == 0) {
        MUST(time.sec >= 0 && time.nsec < 1000000000);
        MUST(ald_comm_time_read(ald_comm_time_format(time, room), &again) == 0);
        MUST(again.sec == time.sec && again.nsec == time.nsec);
    }
    while (ald_comm_list_next(&list, &item)) {
        MUST(item.size > 0 && ++n <= text.size);
    }
    if (ald_comm_endpoint_read(text, &endpoint) == 0) {
        MUST(endpoint.host.size >= 2 && endpoint.host.size <= text.size);
    }
    ald_ignore(ald_comm_int_read(text, &integer)); /* whatever it is, it is read */
    ald_ignore(ald_comm_bool_read(text, &truth));
    ald_ignore(ald_comm_duration_read(text, &duration));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_str text = ald_str_of(size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0);

    if (size == 0) {
        return 0;
    }
    switch (data[0]) {
    case 'S':
        check_stream(text);
        break;
    case 'E':
        check_edits(text);
        break;
    case 'P':
        check_payload(text);
        break;
    case 'V':
        check_values(text);
        check_names(text);
        break;
    default:
        check_line(text);
        break;
    }
    return 0;
}
