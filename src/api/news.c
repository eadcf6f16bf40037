/* News of the hub's world, and reports of events: from the hub to the program. */

#include <stdlib.h>

#include "aldis/service.h"
#include "api/api.h"
#include "base/buf.h"
#include "base/error.h"
#include "client/news_word.h"

_Static_assert((int)ALDIS_TOPIC_INTRUSION == (int)ALD_TOPIC_INTRUSION && ALDIS_TOPIC_LOAD == (int)ALD_TOPIC_LOAD &&
                   ALD_TOPIC_INTRUSION == ALD_N_TOPICS - 1,
               "they are the same");

static struct ald_api_hooks news_hooks(struct aldis_client *client)
{
    struct ald_api_hooks hooks;

    ald_engine_lock(client->engine);
    hooks = client->hooks;
    ald_engine_unlock(client->engine);
    return hooks;
}

/* Texts with a NUL each, one after the other in one piece of memory. */
static const char *text_copy(char **room, struct ald_str text)
{
    const char *copy = *room;

    if (text.size > 0) {
        memcpy(*room, text.data, text.size);
    }
    (*room)[text.size] = '\0';
    *room += text.size + 1;
    return copy;
}

void ald_api_news(void *owner, const struct ald_news *news, bool is_answer)
{
    struct aldis_client *client = owner;
    struct ald_api_hooks hooks = news_hooks(client);
    struct aldis_news told = {
        .topic = (enum aldis_topic)news->topic,
        .answer = is_answer,
        .state = ald_news_word(news),
        .complete = news->topic == ALD_TOPIC_CLUSTER && (news->state & ALD_CLUSTER_COMPLETE) != 0,
        .number = news->number,
        .load = news->load,
        .since = news->since,
        .until = news->until,
    };
    char *texts;
    char *room;

    if (hooks.news == NULL) {
        return;
    }
    texts = room = malloc(news->name.size + news->hub.size + news->detail.size + 3);
    if (texts == NULL) {
        ald_ignore(ald_trace(ALDIS_E_NOMEM)); /* news may be missed; whoever needs them asks again */
        return;
    }
    told.name = text_copy(&room, news->name);
    told.hub = text_copy(&room, news->hub);
    told.detail = text_copy(&room, news->detail);
    hooks.news(client, &told, hooks.news_data);
    free(texts);
}

void ald_api_report(void *owner, const struct ald_event_report *report)
{
    struct aldis_client *client = owner;
    struct ald_api_hooks hooks = news_hooks(client);
    char name[ALD_NAME_MAX + 1];
    char *room = name;
    const struct aldis_event_report told = {
        .name = name,
        .kept = report->kept,
        .cause = ald_cause_word(report->kept ? ALD_CAUSE_NONE : report->cause),
        .text = ald_cause_text(report->kept ? ALD_CAUSE_NONE : report->cause),
    };

    if (hooks.report != NULL) {
        (void)text_copy(&room, ald_str_of(report->name.data, ALD_MIN(report->name.size, (size_t)ALD_NAME_MAX)));
        hooks.report(client, &told, hooks.report_data);
    }
}

int ald_api_names(void *owner, struct ald_buf *out)
{
    struct aldis_client *client = owner;
    int r;

    ald_engine_lock(client->engine);
    r = ald_handlers_names(&client->handlers, out);
    if (r == 0 && client->hooks.news != NULL) {
        r = ald_buf_size(out) > 0 ? ald_buf_push_byte(out, ',') : 0;
        r = r == 0 ? ald_buf_push(out, ALD_STR(ALD_CLIENT_NEWS_NAMES)) : r;
    }
    ald_engine_unlock(client->engine);
    return r;
}

static void names_tell(struct ald_client *inner)
{
    if (ald_client_state(inner) == ALD_CLIENT_READY) {
        ald_ignore(ald_client_tell_names(inner)); /* the next connection begins with all of them */
    }
}

int ald_api_names_changed(struct aldis_client *client)
{
    bool started;
    int r;

    ald_engine_lock(client->engine);
    started = client->started;
    ald_engine_unlock(client->engine);
    r = started ? ald_api_want(client, names_tell) : 0;
    return r == ALDIS_E_CLOSED ? 0 : r;
}

int aldis_client_on_report(struct aldis_client *client, aldis_event_report_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.report = fn;
    client->hooks.report_data = data;
    ald_engine_unlock(client->engine);
    return 0;
}

int aldis_client_on_news(struct aldis_client *client, aldis_news_fn *fn, void *data)
{
    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    ald_engine_lock(client->engine);
    client->hooks.news = fn;
    client->hooks.news_data = data;
    ald_engine_unlock(client->engine);
    return ald_api_names_changed(client);
}

/* --- questions ---------------------------------------------------------------------------------------------------- */

struct question {
    struct ald_post post;
    struct aldis_client *client;
    enum aldis_topic topic;
    bool wants;
    char target[ALD_NAME_MAX + 1];
};

static void question_run(struct ald_post *post, bool ended)
{
    struct question *question = ald_container(post, struct question, post);
    struct ald_client *inner = ended ? NULL : question->client->inner;

    if (inner != NULL) {
        ald_ignore(ald_client_ask(inner, (enum ald_topic)question->topic, ald_str(question->target), question->wants));
    }
    ald_api_unref(question->client);
    free(question);
}

int aldis_client_ask(struct aldis_client *client, enum aldis_topic topic, const char *target, bool wants)
{
    enum aldis_state state = aldis_client_state(client);
    struct question *question;
    int r;

    if (client == NULL || (unsigned)topic > ALDIS_TOPIC_INTRUSION || (target != NULL && !ald_api_name_fits(target)) ||
        (target == NULL) == (topic == ALDIS_TOPIC_PRESENCE)) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (state != ALDIS_STATE_READY) {
        return state == ALDIS_STATE_CLOSED ? ALDIS_E_CLOSED : ALDIS_SEND_AWAY;
    }
    question = calloc(1, sizeof(*question));
    if (question == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    question->post.run = question_run;
    question->client = ald_api_ref(client);
    question->topic = topic;
    question->wants = wants;
    if (target != NULL) {
        memcpy(question->target, target, strlen(target) + 1);
    }
    r = ald_engine_post(client->engine, &question->post);
    if (r < 0) {
        ald_api_unref(client);
        free(question);
    }
    return r;
}
