#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/udp.h"

struct ald_udp_post {
    struct ald_udp_sender *sender;
    ald_udp_posted_fn fn;
    void *owner;
    size_t size;
    char bytes[];
};

/* The owner may do anything in its callback; the post is no more. */
static void post_end(struct ald_udp_post *post, int outcome, const char *text)
{
    ald_udp_posted_fn fn = post->fn;
    void *owner = post->owner;

    post->sender = ald_udp_sender_close(post->sender);
    free(post);
    fn(owner, outcome, text);
}

static void post_ready(void *owner, struct ald_udp_sender *sender)
{
    struct ald_udp_post *post = owner;
    struct ald_why why;
    int r = ald_udp_send(sender, ald_str_of(post->bytes, post->size), &why);

    post_end(post, r, r != 0 ? why.text : NULL);
}

static void post_failed(void *owner, struct ald_udp_sender *sender ALD_UNUSED, const char *text)
{
    struct ald_why why; /* `text` ends with the sender */

    (void)memcpy(why.text, text, strlen(text) + 1);
    post_end(owner, ALD_UDP_EARLY, why.text);
}

int ald_udp_post_new(struct ald_net *net, const struct ald_udp_sender_spec *spec, struct ald_str bytes,
                     ald_udp_posted_fn fn, void *owner, struct ald_udp_post **ret_post)
{
    static const struct ald_udp_sender_callbacks callbacks = {.ready = post_ready, .failed = post_failed};
    struct ald_udp_post *post = calloc(1, sizeof(*post) + bytes.size);
    int r;

    ald_assert(fn != NULL);
    if (post == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    post->fn = fn;
    post->owner = owner;
    post->size = bytes.size;
    if (bytes.size > 0) {
        memcpy(post->bytes, bytes.data, bytes.size);
    }
    r = ald_udp_sender_new(net, spec, &callbacks, post, &post->sender);
    if (r < 0) {
        free(post);
        return ald_trace(r);
    }
    *ret_post = post;
    return 0;
}

struct ald_udp_post *ald_udp_post_cancel(struct ald_udp_post *post)
{
    if (post != NULL) {
        post->sender = ald_udp_sender_close(post->sender);
        free(post);
    }
    return NULL;
}
