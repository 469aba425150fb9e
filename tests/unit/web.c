#include "tests/unit/web.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "model/base/mem.h"
#include "model/base/text.h"

#define RULES_MAX 16
#define GUESTS_MAX 32

struct guest {
    struct web *web;
    struct loop_fd *watch;
    struct text in;
    int fd; /* 0: free */
};

struct web {
    struct loop *loop;
    struct loop_fd *watch;
    int fd, port;
    struct {
        const char *path, *text;
        enum web_habit habit;
    } rules[RULES_MAX];
    size_t rule_count, request_count;
    struct guest guests[GUESTS_MAX];
    struct text asked;
};

static void leave(struct guest *g)
{
    loop_remove_fd(g->web->loop, g->watch);
    (void)close(g->fd);
    text_finish(&g->in);
    g->fd = 0;
}

static void say(struct guest *g, const struct text *t)
{
    cr_assert_eq(send(g->fd, t->ptr, t->len, MSG_NOSIGNAL), (ssize_t)t->len);
}

static void obey(struct guest *g, enum web_habit habit, const char *text)
{
    struct text out = {0};

    if (habit == WEB_ANSWERS)
        text_printf(&out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                    strlen(text), text);
    else if (habit == WEB_FAILS)
        text_printf(&out, "HTTP/1.1 %s\r\nContent-Length: 4\r\n\r\nsad\n", text);
    else if (habit == WEB_REDIRECTS)
        text_printf(&out,
                    "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                    text);
    else if (habit == WEB_ENDLESS)
        text_put_str(&out, "HTTP/1.1 200 OK\r\n\r\n");
    else if (habit == WEB_HALF)
        text_put_str(&out, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"half\":");
    else if (habit == WEB_GARBAGE)
        text_put_str(&out, text);
    if (habit != WEB_HANGS)
        say(g, &out);
    text_finish(&out);
    if (habit == WEB_ENDLESS)
        loop_set_events(g->watch, POLLIN | POLLOUT);
    if (habit == WEB_HALF || habit == WEB_GARBAGE)
        leave(g);
}

static void serve(struct guest *g)
{
    struct web *w = g->web;
    const char *path = strchr(g->in.ptr, ' ') + 1;
    const size_t len = strcspn(path, " ");

    w->request_count++;
    text_put_str(&w->asked, g->in.ptr);
    for (size_t i = w->rule_count; i-- > 0;) {
        if (strlen(w->rules[i].path) == len && !strncmp(w->rules[i].path, path, len)) {
            text_clear(&g->in);
            obey(g, w->rules[i].habit, w->rules[i].text);
            return;
        }
    }
    text_clear(&g->in);
    obey(g, WEB_FAILS, "404 Not Found");
}

static void on_guest(void *user, short events)
{
    static const char filler[4096];
    struct guest *g = user;
    char bytes[4096];
    ssize_t got;

    if ((events & POLLOUT) && send(g->fd, filler, sizeof filler, MSG_NOSIGNAL) < 0) {
        leave(g);
        return;
    }
    if (!(events & (POLLIN | POLLHUP | POLLERR)))
        return;
    got = recv(g->fd, bytes, sizeof bytes, 0);
    if (got <= 0) {
        leave(g);
        return;
    }
    text_put(&g->in, slice_of(bytes, (size_t)got));
    if (strstr(g->in.ptr, "\r\n\r\n"))
        serve(g);
}

static void on_knock(void *user, short events)
{
    struct web *w = user;
    const int fd = accept(w->fd, NULL, NULL);

    (void)events;
    cr_assert_gt(fd, 0);
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        struct guest *g = &w->guests[i];

        if (g->fd == 0) {
            *g = (struct guest){.web = w, .fd = fd};
            g->watch = loop_add_fd(w->loop, fd, POLLIN, on_guest, g);
            return;
        }
    }
    cr_assert_fail("more guests than the server of the tests takes");
}

static void listen_tcp(struct web *w, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t len = sizeof at;
    const int one = 1;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)setsockopt(w->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    cr_assert_eq(bind(w->fd, (const struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(getsockname(w->fd, (struct sockaddr *)&at, &len), 0);
    w->port = ntohs(at.sin_port);
}

static void listen_unix(struct web *w, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    cr_assert_lt(strlen(path), sizeof at.sun_path);
    memcpy(at.sun_path, path, strlen(path));
    w->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(w->fd, (const struct sockaddr *)&at, sizeof at), 0);
}

struct web *web_create(struct loop *loop, int port, const char *socket)
{
    struct web *w = mem_alloc(sizeof *w);

    w->loop = loop;
    if (socket)
        listen_unix(w, socket);
    else
        listen_tcp(w, port);
    cr_assert_eq(listen(w->fd, 16), 0);
    w->watch = loop_add_fd(loop, w->fd, POLLIN, on_knock, w);
    return w;
}

void web_destroy(struct web *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        if (w->guests[i].fd)
            leave(&w->guests[i]);
    }
    loop_remove_fd(w->loop, w->watch);
    (void)close(w->fd);
    text_finish(&w->asked);
    free(w);
}

int web_port(const struct web *w)
{
    return w->port;
}

void web_set(struct web *w, const char *path, enum web_habit habit, const char *text)
{
    cr_assert_lt(w->rule_count, RULES_MAX);
    w->rules[w->rule_count].path = path;
    w->rules[w->rule_count].text = text;
    w->rules[w->rule_count++].habit = habit;
}

const char *web_asked(const struct web *w)
{
    return text_str(&w->asked);
}

size_t web_request_count(const struct web *w)
{
    return w->request_count;
}
