#include "mgmt/routes.h"

#include <stdio.h>

#include "lib/test.h"
#include "mgmt/exchange.h"
#include "msg/json.h"

extern const unsigned char ald_openapi[];
extern const size_t ald_openapi_size;

enum { NODES_MAX = 64 * 1024, PATH_ROOM = 256 };

/* The document, and how many of its operations were found. */
struct paper {
    struct ald_json json;
    const struct ald_json_node *paths;
};

static void paper_open(struct paper *paper)
{
    struct ald_json_end end;

    ald_json_init(&paper->json, NODES_MAX);
    ald_check_int(ald_json_parse(&paper->json, ald_str_of(ald_openapi, ald_openapi_size), ALD_JSON_STRICT, &end), 0);
    paper->paths = ald_json_find(ald_json_root(&paper->json), ALD_STR("paths"));
    ald_check(paper->paths != NULL);
}

/* The members of a path that are methods. */
static size_t paper_methods(const struct ald_json_node *item)
{
    size_t n = 0;

    ald_json_each_member(name, item)
    {
        n += ald_json_string_is(ald_json_value(name), ALD_STR("servers")) ? 0 : 1;
    }
    return n;
}

/* Are they the same path, whatever the parameters are called? */
static bool path_is(struct ald_str path, const struct ald_mgmt_route *route)
{
    for (size_t i = 0; i < MGMT_SEGMENTS_MAX && route->segments[i] != NULL; i++) {
        struct ald_str expected = ald_str(route->segments[i]);
        size_t end;

        if (path.size == 0 || path.data[0] != '/') {
            return false;
        }
        path = ald_str_from(path, 1);
        end = ald_str_find(path, ALD_STR("/"));
        if (expected.size > 0 ? !ald_str_equal(ald_str_of(path.data, end), expected) : end > 0 && path.data[0] != '{') {
            return false;
        }
        path = ald_str_from(path, end);
    }
    return path.size == 0;
}

static const struct ald_json_node *paper_find(const struct paper *paper, const struct ald_mgmt_route *route)
{
    ald_json_each_member(name, paper->paths)
    {
        if (path_is(ald_json_inner(ald_json_value(name)), route)) {
            return name + 1;
        }
    }
    return NULL;
}

ALD_TEST(routes, and_the_document_have_the_same_operations)
{
    struct paper paper;
    size_t n_routes = 0, n_told = 0;

    paper_open(&paper);
    for (const struct ald_mgmt_route *route; (route = ald_mgmt_route(n_routes)) != NULL; n_routes++) {
        const struct ald_json_node *item = paper_find(&paper, route);
        char method[16];

        snprintf(method, sizeof(method), "%s", ald_mgmt_method_name(route->method));
        for (char *at = method; *at != '\0'; at++) {
            *at = (char)(*at + ('a' - 'A'));
        }
        ald_check(item != NULL && ald_json_find(item, ald_str(method)) != NULL);
    }
    for (size_t i = 0; i < ALD_MGMT_EXCHANGE_ENDPOINTS; i++) {
        char path[PATH_ROOM];

        snprintf(path, sizeof(path), "/exchange%s", ald_mgmt_exchange_path(i));
        ald_check(ald_json_find(ald_json_find(paper.paths, ald_str(path)), ALD_STR("get")) != NULL);
    }
    ald_json_each_member(name, paper.paths)
    {
        n_told += paper_methods(name + 1);
    }
    ald_check_int(n_told, n_routes + ALD_MGMT_EXCHANGE_ENDPOINTS);
    ald_json_fini(&paper.json);
}

/* Whether somebody has to be known for it: `security` is empty where nobody has to. */
ALD_TEST(routes, and_the_document_agree_on_who_may)
{
    struct paper paper;

    paper_open(&paper);
    for (size_t i = 0; ald_mgmt_route(i) != NULL; i++) {
        const struct ald_mgmt_route *route = ald_mgmt_route(i);
        const struct ald_json_node *item = paper_find(&paper, route);
        const struct ald_json_node *operation = ald_json_find(item, route->method == MGMT_GET    ? ALD_STR("get")
                                                                    : route->method == MGMT_POST ? ALD_STR("post")
                                                                    : route->method == MGMT_PUT  ? ALD_STR("put")
                                                                                                 : ALD_STR("delete"));
        const struct ald_json_node *responses = ald_json_find(operation, ALD_STR("responses"));

        ald_check((ald_json_find(operation, ALD_STR("security")) != NULL) == (route->need == MGMT_OPEN));
        ald_check((ald_json_find(responses, ALD_STR("401")) == NULL) == (route->need == MGMT_OPEN));
        ald_check((ald_json_find(operation, ALD_STR("requestBody")) != NULL) ==
                  (route->need == MGMT_SEND || route->need == MGMT_STORE));
    }
    ald_json_fini(&paper.json);
}

ALD_TEST_MAIN(routes, ALD_CASE(routes, and_the_document_have_the_same_operations),
              ALD_CASE(routes, and_the_document_agree_on_who_may))
