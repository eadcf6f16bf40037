#include "cli/read.h"

#include <string.h>

#include "base/error.h"
#include "msg/json_text.h"

void ald_read_init(struct ald_read *read)
{
    *read = (struct ald_read){0};
    ald_api_answer_init(&read->answer);
}

void ald_read_fini(struct ald_read *read)
{
    ald_api_answer_fini(&read->answer);
}

int ald_read_get(struct ald_read *read, const struct ald_cli *cli, const char *target)
{
    const struct ald_api_ask ask = {.target = target};
    struct ald_api api;
    int r;

    r = ald_api_open(&api, cli);
    if (r == 0) {
        r = ald_api_ask(&api, &ask, &read->answer);
    }
    if (r == 0 && read->answer.status != 200 && read->answer.status != 404) {
        r = ald_api_problem(&read->answer);
    }
    ald_api_close(&api);
    return r;
}

int ald_read_print(const struct ald_read *read)
{
    struct ald_str body = ald_buf_str(&read->answer.body);

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
    r = ald_json_parse(&page->json, ald_buf_str(&page->read.answer.body), ALD_JSON_BROKEN_OK, NULL);
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
