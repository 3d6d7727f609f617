/* variant:  schedule-poll
 * model:    event
 * protocol: dialogue
 * dialogue: schedule/schedule.yaml
 * uses:     schedule
 * why:      The schedule server in one process, which blocks only in poll():
 *           a session for each descriptor. Its replies are short enough for the
 *           kernel to take at once.
 * source:   UNP 3rd ed. §6.10 and §6.11; poll(2)
 */
#include "server.h"
#include "schedule/schedule.h"

enum { MOST = 1024 };

static struct pollfd watched[MOST];         /* the first is the listener */
static struct session *sessions[MOST];
static int count = 1;

static void drop(int i)
{
    close(watched[i].fd);
    free(sessions[i]);
    count--;
    watched[i] = watched[count];
    sessions[i] = sessions[count];
}

static void welcome(int listenfd)
{
    int connfd = accept(listenfd, NULL, NULL);
    if (connfd < 0) {
        if (errno != EAGAIN)
            accept_failed();
        return;
    }
    struct session *session = count < MOST ? calloc(1, sizeof *session) : NULL;
    if (session == NULL) {
        close(connfd);
        return;
    }
    watched[count] = (struct pollfd){.fd = connfd, .events = POLLIN};
    sessions[count++] = session;
    if (greet(connfd) != GO_ON)
        drop(count - 1);
}

int main(int argc, char **argv)
{
    start();
    open_store();
    int listenfd = open_listener(port_argument(argc, argv));
    fcntl(listenfd, F_SETFL, O_NONBLOCK);
    ready(listenfd);

    watched[0] = (struct pollfd){.fd = listenfd, .events = POLLIN};
    for (;;) {
        if (poll(watched, (nfds_t)count, -1) < 0) {
            if (errno == EINTR)
                continue;
            perror("poll");
            exit(EXIT_FAILURE);
        }
        for (int i = count - 1; i > 0; i--) {
            if (watched[i].revents == 0)
                continue;
            char buf[512];
            int fd = watched[i].fd;
            ssize_t n = receive(fd, buf, sizeof buf);
            if (n <= 0 || take(sessions[i], fd, buf, (size_t)n) != GO_ON)
                drop(i);
        }
        if (watched[0].revents != 0)
            welcome(listenfd);
    }
}
