#include "daemon/neighbors.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "loop/file.h"
#include "lib/test.h"
#include "loop/loop.h"

/* A hub that knows neighbors, none of whom is ever called: the loop does not turn. */
struct scene {
    struct ald_loop *loop;
    struct ald_net *net;
    struct ald_edge *edge;
    struct ald_neighbors *neighbors;
    struct ald_identity identity;
    char path[64];
    int n_changed, n_saved, n_unsaved;
};

static void count_changed(void *owner)
{
    ((struct scene *)owner)->n_changed++;
}

static void count_saved(void *owner, bool good)
{
    struct scene *scene = owner;

    scene->n_saved += good ? 1 : 0;
    scene->n_unsaved += good ? 0 : 1;
}

static void ignore_lost(void *owner ALD_UNUSED, const char *address ALD_UNUSED)
{
}

static void ignore_refused(void *owner ALD_UNUSED, const char *address ALD_UNUSED, struct ald_str why ALD_UNUSED)
{
}

static void ignore_found(void *owner ALD_UNUSED)
{
}

static const struct ald_neighbors_callbacks callbacks = {
    .changed = count_changed,
    .saved = count_saved,
    .lost = ignore_lost,
    .refused = ignore_refused,
    .found = ignore_found,
};

static void scene_init(struct scene *scene)
{
    struct ald_hub_config hub;
    struct ald_edge_spec edge = {.hub = &hub, .connections_max = 10, .greeting_bytes = 1000, .reassembly_max = 1000};

    memset(scene, 0, sizeof(*scene));
    (void)snprintf(scene->path, sizeof(scene->path), "/tmp/aldis-neighbors-XXXXXX");
    ald_check_int(close(mkstemp(scene->path)), 0);
    ald_check_int(ald_loop_new(&scene->loop), 0);
    ald_check_int(ald_net_new(scene->loop, &scene->net), 0);
    ald_hub_config_init(&hub);
    hub.id = ALD_STR("here");
    edge.net = scene->net;
    ald_check_int(ald_edge_new(&edge, &scene->edge), 0);
}

static void scene_begin(struct scene *scene, const char *ours, const char *configured)
{
    struct ald_neighbors_spec spec = {
        .edge = scene->edge,
        .configured = ald_str(configured),
        .path = scene->path,
        .identity = &scene->identity,
        .gossip_max = ALD_SEC,
        .callbacks = &callbacks,
        .owner = scene,
    };

    ald_check_int(ald_inet_parse(ald_str(ours), 4042, &spec.ours), 0);
    ald_check_int(ald_neighbors_new(&spec, &scene->neighbors), 0);
}

static void scene_fini(struct scene *scene)
{
    ald_neighbors_free(scene->neighbors);
    ald_edge_free(scene->edge);
    ald_net_free(scene->net);
    ald_loop_free(scene->loop);
    (void)unlink(scene->path);
}

static void lists(struct scene *scene, const char *expected)
{
    struct ald_buf out;

    ald_buf_init(&out, 100000);
    ald_check_int(ald_neighbors_list(scene->neighbors, &out), 0);
    ald_check_str(ald_buf_str(&out), expected);
    ald_buf_fini(&out);
}

static void file_holds(const struct scene *scene, const char *expected)
{
    struct ald_buf out;
    struct ald_str text;

    ald_buf_init(&out, 100000);
    ald_check_int(ald_file_read(scene->path, &out), 0);
    text = ald_buf_str(&out);
    ald_check_str(ald_str_from(text, ald_str_find(text, ALD_STR("\n")) + 1), expected);
    ald_buf_fini(&out);
}

ALD_TEST(neighbors, come_from_the_settings_and_from_the_file)
{
    struct scene scene;

    scene_init(&scene);
    ald_check_int(
        ald_file_replace(scene.path, ALD_STR("# old\n10.0.0.3:7 , 10.0.0.4\n\n zork [fd00::1]:9 # x\n"), false), 0);
    scene_begin(&scene, "10.0.0.1", "10.0.0.2 cds://u:p@10.0.0.9, 10.0.0.1");
    lists(&scene, "10.0.0.2:4042,10.0.0.3:7,10.0.0.4:4042,[fd00::1]:9");
    ald_check_int(ald_neighbors_count(scene.neighbors), 5);
    file_holds(&scene, "10.0.0.2:4042\n10.0.0.3:7\n10.0.0.4:4042\n[fd00::1]:9\n10.0.0.1:4042\n");
    ald_check_int(scene.n_saved, 1);
    scene_fini(&scene);
}

ALD_TEST(neighbors, are_learnt_from_others_and_kept)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "10.0.0.1", "");
    ald_neighbors_heard(scene.neighbors, ALD_STR("10.0.0.2:4042,10.0.0.3 zork 10.0.0.2,10.0.0.1:4042"), false, false);
    ald_check_int(scene.n_changed, 1);
    ald_neighbors_heard(scene.neighbors, ALD_STR("10.0.0.3:4042"), true, false);
    ald_check_int(scene.n_changed, 1);
    lists(&scene, "10.0.0.2:4042,10.0.0.3:4042");
    file_holds(&scene, "10.0.0.2:4042\n10.0.0.3:4042\n10.0.0.1:4042\n");
    scene_fini(&scene);
}

ALD_TEST(neighbors, may_share_an_address_and_differ_in_their_ports)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "127.0.0.1:5000", "127.0.0.1:5001 127.0.0.1:4999");
    lists(&scene, "127.0.0.1:5001,127.0.0.1:4999");
    file_holds(&scene, "127.0.0.1:5001\n127.0.0.1:4999\n"); /* a loopback address is nobody's to know */
    scene_fini(&scene);
}

ALD_TEST(neighbors, are_not_taken_from_where_nobody_of_the_family_is)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "10.0.0.1", "");
    ald_neighbors_heard(scene.neighbors, ALD_STR("127.0.0.1:4042,0.0.0.0:4042,192.0.2.1:80,[2001:db8::1]:80"), true,
                        false);
    ald_check_int(ald_neighbors_count(scene.neighbors), 0);
    ald_check_int(scene.n_changed, 0);
    scene_fini(&scene);
}

ALD_TEST(neighbors, are_forgotten_and_may_come_back)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "10.0.0.1", "10.0.0.2 10.0.0.3");
    ald_check(ald_neighbors_forget(scene.neighbors, ALD_STR("10.0.0.2")));
    ald_check(!ald_neighbors_forget(scene.neighbors, ALD_STR("10.0.0.2:4042")));
    ald_check(!ald_neighbors_forget(scene.neighbors, ALD_STR("zork")));
    lists(&scene, "10.0.0.3:4042");
    file_holds(&scene, "10.0.0.3:4042\n10.0.0.1:4042\n");
    ald_neighbors_heard(scene.neighbors, ALD_STR("10.0.0.2"), false, false);
    lists(&scene, "10.0.0.2:4042,10.0.0.3:4042");
    scene_fini(&scene);
}

ALD_TEST(neighbors, are_bounded)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "10.0.0.1", "");
    for (unsigned i = 0; i < NEIGHBORS_MAX + 10; i++) {
        char address[32];

        (void)snprintf(address, sizeof(address), "10.1.%u.%u", i / 256, i % 256);
        ald_neighbors_heard(scene.neighbors, ald_str(address), false, false);
    }
    ald_check_int(ald_neighbors_count(scene.neighbors), NEIGHBORS_MAX);
    scene_fini(&scene);
}

ALD_TEST(neighbors, say_when_they_cannot_be_kept)
{
    struct scene scene;

    scene_init(&scene);
    scene_begin(&scene, "10.0.0.1", "10.0.0.2");
    (void)unlink(scene.path);
    (void)snprintf(scene.path, sizeof(scene.path), "/nowhere/neighbors.txt");
    ald_neighbors_free(scene.neighbors);
    scene.n_saved = 0;
    scene_begin(&scene, "10.0.0.1", "10.0.0.2");
    ald_check_int(scene.n_saved, 0);
    ald_check_int(scene.n_unsaved, 1);
    scene_fini(&scene);
}

ALD_TEST_MAIN(neighbors, ALD_CASE(neighbors, come_from_the_settings_and_from_the_file),
              ALD_CASE(neighbors, are_learnt_from_others_and_kept),
              ALD_CASE(neighbors, may_share_an_address_and_differ_in_their_ports),
              ALD_CASE(neighbors, are_not_taken_from_where_nobody_of_the_family_is),
              ALD_CASE(neighbors, are_forgotten_and_may_come_back), ALD_CASE(neighbors, are_bounded),
              ALD_CASE(neighbors, say_when_they_cannot_be_kept))
