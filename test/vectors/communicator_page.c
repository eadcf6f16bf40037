/*
 * The examples of the page about the communicator protocol are true: `vectors_communicator_page FILE`. Every line of it
 * that begins with `S→H` is said to a hub, every one with `H→S` to a service; each must be what a sender would write, and
 * be understood: it is a signal or gets an answer, and that is no INVALID.
 */

#include <stdio.h>

#include "lib/comm_pair.h"
#include "wire/communicator/comm_line.h"

static const struct ald_identity alpha = {.hub = {"alpha", 5}, .address = {"10.0.0.1:4042", 13}};

struct page {
    struct comm_world world;
    struct comm_end hub, service;
    unsigned number; /* of the line */
};

static void page_fail(const struct page *page, const char *why)
{
    fprintf(stderr, "line %u: %s\n", page->number, why);
    exit(1);
}

/* A service that is registered, was commanded, and waits for an answer. */
static void page_open(struct page *page)
{
    struct ald_signal command = ald_signal_of(ALD_SIGNAL_COMMAND), hello = ald_signal_of(ALD_SIGNAL_REGISTER);

    comm_world_open(&page->world);
    comm_open_with(&page->world, &page->hub, ALD_ROLE_HUB, ALD_COMMUNICATOR_SERVICE, &alpha, &comm_options);
    comm_open(&page->world, &page->service, ALD_ROLE_PARTY, ALD_COMMUNICATOR_SERVICE);
    comm_feed(&page->world, &page->hub, ALD_STR("REGISTER service=monitor;version=1\n"));
    comm_registered(&page->world, &page->hub, NULL);
    comm_registered(&page->world, &page->hub, "monitor");
    command.id = ald_id_make(1, 17);
    command.msg = comm_msg(&page->world, ALD_COMMAND, "SHOW", "monitor");
    comm_emit(&page->world, &page->hub, &command);
    hello.target = ALD_STR("monitor");
    comm_emit(&page->world, &page->service, &hello);
}

static void page_close(struct page *page)
{
    comm_close(&page->hub);
    comm_close(&page->service);
    comm_world_close(&page->world);
}

static void line_check(const struct page *page, struct ald_str text)
{
    struct ald_comm_reader reader;
    struct ald_comm_line line;
    struct ald_comm_fault fault;

    ald_comm_reader_init(&reader);
    if (ald_comm_line_read(&reader, text, &line, &fault) != 0 || !line.params.canonical) {
        page_fail(page, "no sender would write this");
    }
    ald_comm_reader_fini(&reader);
}

/* Said to one end, which is as it was opened. */
static void line_run(struct page *page, bool to_hub, struct ald_str text)
{
    struct comm_end *end = to_hub ? &page->hub : &page->service;

    line_check(page, text);
    page_open(page);
    ald_buf_cut(&end->heard, 0);
    ald_buf_cut(&end->written, 0);
    comm_feed_only(&page->world, end, text);
    comm_hear(end);
    comm_feed(&page->world, end, ALD_STR("\n"));
    if (end->counters[ALD_COMMUNICATOR_N_INVALID] > 0) {
        page_fail(page, "it is answered with INVALID");
    }
    if (ald_buf_size(&end->heard) + ald_buf_size(&end->written) == 0 &&
        end->counters[ALD_COMMUNICATOR_N_TOLD_INVALID] == 0) {
        page_fail(page, "nothing comes of it");
    }
    page_close(page);
}

static struct ald_str file_read(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    size_t size;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(text, 1, sizeof(text), file);
    fclose(file);
    return ald_str_of(text, size);
}

int main(int argc, char **argv)
{
    const struct ald_str up = ALD_STR("S→H  "), down = ALD_STR("H→S  ");
    struct ald_str text = file_read(argc > 1 ? argv[1] : "");
    struct page page = {.number = 0};
    unsigned n = 0;

    while (text.size > 0) {
        size_t size = ald_str_find(text, ALD_STR("\n"));
        struct ald_str line = ald_str_of(text.data, size);

        page.number++;
        if (ald_str_starts(line, up) || ald_str_starts(line, down)) {
            line_run(&page, ald_str_starts(line, up), ald_str_from(line, up.size));
            n++;
        }
        text = ald_str_from(text, ALD_MIN(size + 1, text.size));
    }
    printf("%u lines\n", n);
    return n > 15 ? 0 : 1;
}
