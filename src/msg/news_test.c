#include "msg/news.h"

#include "lib/test.h"

ALD_TEST(news, keeps_copies_of_its_texts)
{
    ALD_AUTO(ald_news_unref) struct ald_news *news = NULL;
    char name[] = "lamp";
    const struct ald_news said = {.topic = ALD_TOPIC_PRESENCE,
                                  .state = ALD_PRESENCE_UP,
                                  .since = 7,
                                  .name = ald_str(name),
                                  .hub = ALD_STR("deck")};

    ald_check_int(ald_news_new(&said, &news), 0);
    memset(name, 'x', sizeof(name) - 1);
    ald_check_str(news->name, "lamp");
    ald_check_str(news->hub, "deck");
    ald_check(!ald_str_present(news->detail));
    ald_check_int(news->state, ALD_PRESENCE_UP);
    ald_check_int((int)news->since, 7);
}

ALD_TEST(news, lives_until_its_last_reference)
{
    struct ald_news *news;
    struct ald_news *other;

    ald_check_int(ald_news_new(&(struct ald_news){.topic = ALD_TOPIC_CLOCK}, &news), 0);
    other = ald_news_ref(news);
    ald_news_unref(news);
    ald_check_int(other->topic, ALD_TOPIC_CLOCK);
    ald_check(ald_news_unref(other) == NULL);
    ald_check(ald_news_unref(NULL) == NULL);
}

ALD_TEST(news, names_every_topic)
{
    for (int topic = 0; topic < ALD_N_TOPICS; topic++) {
        ald_check(ald_topic_name((enum ald_topic)topic)[0] != '\0');
    }
}

ALD_TEST_MAIN(news, ALD_CASE(news, keeps_copies_of_its_texts), ALD_CASE(news, lives_until_its_last_reference),
              ALD_CASE(news, names_every_topic))
