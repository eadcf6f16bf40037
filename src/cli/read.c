#include "cli/read.h"

#include <string.h>

#include "base/error.h"
#include "cli/reach.h"
#include "client/fetch.h"
#include "loop/loop.h"
#include "msg/json_scan.h"
#include "transport/net.h"

/* For one hub to answer, from the dial on. */
#define READ_TIMEOUT (5 * ALD_SEC)

struct reading {
    struct ald_read *read;
    struct ald_loop *loop;
    struct ald_reach reach;
    const char *url;
    struct ald_fetch *fetch;
    int error; /* negative: memory was short */
    bool answered;
};

void ald_read_init(struct ald_read *read)
{
    *read = (struct ald_read){0};
    ald_buf_init(&read->body, ALD_FETCH_BODY_MAX);
}

void ald_read_fini(struct ald_read *read)
{
    ald_buf_fini(&read->body);
}

static void reading_end(void *owner, const struct ald_fetch_end *end)
{
    struct reading *reading = owner;
    int r;

    if (end->status == 0) {
        ald_reach_failed(&reading->reach, reading->url, end->text);
    } else {
        reading->read->status = end->status;
        reading->answered = true;
        r = ald_buf_push(&reading->read->body, end->body);
        reading->error = r == 0 ? 0 : ALDIS_E_NOMEM;
    }
    ald_loop_stop(reading->loop);
}

/* Returns 0 when the hub was asked, whatever it said, or the exit status. */
static int reading_ask(struct reading *reading, struct ald_net *net, const struct ald_cli *cli, const char *target)
{
    const struct ald_fetch_spec spec = {
        .url = reading->url,
        .target = target,
        .ca_file = cli->ca_file,
        .insecure = cli->insecure,
        .timeout = READ_TIMEOUT,
    };
    struct ald_why why = {""};
    int r;

    r = ald_fetch_new(net, &spec, reading_end, reading, &why, &reading->fetch);
    if (r == 0) {
        ald_loop_run(reading->loop);
        reading->fetch = ald_fetch_free(reading->fetch);
        return reading->error < 0 ? ald_cli_broke(reading->error) : 0;
    }
    if (why.text[0] != '\0') {
        return ald_cli_usage(cli, "%s", why.text);
    }
    if (r == ALDIS_E_NOMEM) {
        return ald_cli_broke(r);
    }
    ald_reach_failed(&reading->reach, reading->url, ald_str(ald_error_text(r)));
    return 0;
}

static int read_ask(struct ald_read *read, const struct ald_cli *cli, const char *target)
{
    ALD_AUTO(ald_loop_free) struct ald_loop *loop = NULL;
    ALD_AUTO(ald_net_free) struct ald_net *net = NULL;
    struct reading reading = {.read = read};
    int r;

    r = ald_loop_new(&loop);
    if (r == 0) {
        r = ald_net_new(loop, &net);
    }
    if (r < 0) {
        return ald_cli_broke(r);
    }
    reading.loop = loop;
    for (size_t i = 0; i < cli->n_urls && !reading.answered; i++) {
        reading.url = cli->urls[i];
        r = reading_ask(&reading, net, cli, target);
        if (r != 0) {
            return r;
        }
    }
    return reading.answered ? 0 : ald_reach_report(&reading.reach, cli);
}

/* A hub says what is wrong as a problem (RFC 9457). */
static int read_problem(const struct ald_read *read, struct ald_json_value detail)
{
    struct ald_str text = detail.type == ALD_JSON_STRING ? ald_json_inner(detail) : ALD_STR("no reason given");
    char room[200];

    ald_cli_say("the hub answered %d: %.*s", read->status, ALD_STR_ARG(ald_cli_printable(text, room, sizeof(room))));
    return ALD_EXIT_TROUBLE;
}

int ald_read_get(struct ald_read *read, const struct ald_cli *cli, const char *target)
{
    struct ald_json_field detail = ALD_JSON_FIELD("detail");
    struct ald_json_scan scan;
    int r;

    ald_buf_reset(&read->body);
    r = read_ask(read, cli, target);
    if (r != 0) {
        return r;
    }
    if (ald_json_scan(ald_buf_str(&read->body), ALD_JSON_BROKEN_OK, &detail, 1, &scan) != 0) {
        ald_cli_say("what answered (with status %d) is not the API of a hub; is this its address?", read->status);
        return ALD_EXIT_TROUBLE;
    }
    return read->status == 200 || read->status == 404 ? 0 : read_problem(read, detail.value);
}

int ald_read_print(const struct ald_read *read)
{
    struct ald_str body = ald_buf_str(&read->body);

    fwrite(body.data, 1, body.size, stdout);
    if (body.size == 0 || body.data[body.size - 1] != '\n') {
        putchar('\n');
    }
    return ald_cli_flush();
}

/* --- lists -------------------------------------------------------------------------------------------------------- */

struct page {
    struct ald_read read;
    struct ald_json json;
    char after[64]; /* the page mark; "": the first page, or no further one */
};

static int page_get(struct page *page, const struct ald_cli *cli, const char *target)
{
    const char *mark = strchr(target, '?') != NULL ? "&" : "?";
    struct ald_read_text next;
    char all[2048];
    int r;

    snprintf(all, sizeof(all), "%s%slimit=1000%s%s", target, mark, page->after[0] != '\0' ? "&after=" : "",
             page->after);
    r = ald_read_get(&page->read, cli, all);
    if (r != 0) {
        return r;
    }
    r = ald_json_parse(&page->json, ald_buf_str(&page->read.body), ALD_JSON_BROKEN_OK, NULL);
    if (r != 0) {
        return ald_cli_broke(ALDIS_E_NOMEM);
    }
    snprintf(page->after, sizeof(page->after), "%s", ald_read_str(ald_json_root(&page->json), "next", &next));
    if (strspn(page->after, "0123456789") != strlen(page->after)) {
        page->after[0] = '\0'; /* no mark of ours */
    }
    return 0;
}

static int page_walk(const struct page *page, const char *name, ald_read_fn fn, void *owner)
{
    const struct ald_json_node *list = ald_json_find(ald_json_root(&page->json), ald_str(name));

    ald_json_each(element, list)
    {
        int r = fn(owner, element);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int ald_read_list(const struct ald_cli *cli, const char *target, const char *name, ald_read_fn fn, void *owner)
{
    struct page page = {0};
    int r;

    ald_read_init(&page.read);
    ald_json_init(&page.json, ALD_READ_NODES_MAX);
    do {
        r = page_get(&page, cli, target);
        if (r == 0) {
            r = page_walk(&page, name, fn, owner);
        }
    } while (r == 0 && page.after[0] != '\0');
    ald_json_fini(&page.json);
    ald_read_fini(&page.read);
    return r;
}

/* Nothing is printed before something came. */
struct list_print {
    const char *name;
    bool begun;
};

static int list_print_element(void *owner, const struct ald_json_node *element)
{
    struct list_print *print = owner;

    if (print->begun) {
        putchar(',');
    } else {
        printf("{\"%s\":[", print->name);
    }
    print->begun = true;
    fwrite(element->data, 1, element->size, stdout);
    return 0;
}

int ald_read_list_json(const struct ald_cli *cli, const char *target, const char *name)
{
    struct list_print print = {.name = name};
    int r;

    r = ald_read_list(cli, target, name, list_print_element, &print);
    if (r != 0) {
        return r;
    }
    if (!print.begun) {
        printf("{\"%s\":[", name);
    }
    puts("]}");
    return ald_cli_flush();
}

/* --- members ------------------------------------------------------------------------------------------------------ */

const char *ald_read_str(const struct ald_json_node *object, const char *name, struct ald_read_text *room)
{
    struct ald_json_value value = ald_json_value(ald_json_find(object, ald_str(name)));
    struct ald_str text = ALD_STR("");
    struct ald_buf scratch;

    ald_buf_init(&scratch, 3 * value.raw.size + 1);
    if (ald_json_text(value, &scratch, &text) != 0) {
        text = ALD_STR("");
    }
    text = ald_cli_printable(text, room->text, sizeof(room->text) - 1);
    room->text[text.size] = '\0';
    ald_buf_fini(&scratch);
    return room->text;
}

uint64_t ald_read_u64(const struct ald_json_node *object, const char *name)
{
    uint64_t number;

    return ald_json_u64(ald_json_value(ald_json_find(object, ald_str(name))), &number) == 0 ? number : 0;
}

bool ald_read_bool(const struct ald_json_node *object, const char *name)
{
    return ald_json_type(ald_json_find(object, ald_str(name))) == ALD_JSON_TRUE;
}
