/* What the servers in this folder have in common: each is written as a student of the
 * second year writes it, with the mistake that its first line names. */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int bound(int port_in_network_order)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = (unsigned short)port_in_network_order;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("bind");
        exit(1);
    }
    return fd;
}

static inline int listening(const char *port)
{
    int fd = bound(htons((unsigned short)atoi(port)));

    listen(fd, SOMAXCONN);
    return fd;
}

static inline int write_all(int fd, const char *data, ssize_t n)
{
    while (n > 0) {
        ssize_t sent = write(fd, data, (size_t)n);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        data += sent;
        n -= sent;
    }
    return 0;
}

static inline void echo(int fd)
{
    char buffer[4096];
    ssize_t n;

    while ((n = read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && write_all(fd, buffer, n) < 0)
            return;
}

static inline void reap(int signal)
{
    int saved = errno;

    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static inline void reap_children(void)
{
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};

    sigaction(SIGCHLD, &action, NULL);
}

/* serve accepts for ever and has a child do the work. */
static inline int serve(int fd, void (*work)(int))
{
    for (;;) {
        int client = accept(fd, NULL, NULL);

        if (client < 0) {
            if (errno != EINTR)
                sleep(1);
            continue;
        }
        switch (fork()) {
        case 0:
            close(fd);
            work(client);
            close(client);
            exit(0);
        default:
            close(client);
        }
    }
}
