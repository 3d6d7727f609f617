/* See client.h. recv() runs only when nothing is owed, so at the end of the
 * client's side everything has been sent.
 */
#include "server.h"
#include "nonblocking/client.h"

static int try_again(void)
{
    return errno == EAGAIN || errno == EINTR;
}

struct client *new_client(int connfd)
{
    struct client *client = malloc(sizeof *client);
    if (client == NULL)
        return NULL;
    client->fd = connfd;
    client->sent = client->held = 0;
    return client;
}

int move(struct client *client)
{
    if (client->held == 0) {
        ssize_t n = recv(client->fd, client->buf, sizeof client->buf, 0);
        if (n <= 0)
            return n < 0 && try_again();
        client->sent = 0;
        client->held = (size_t)n;
    }
    ssize_t n = send(client->fd, client->buf + client->sent, client->held,
                     MSG_NOSIGNAL);
    if (n < 0)
        return try_again();
    client->sent += (size_t)n;
    client->held -= (size_t)n;
    return 1;
}

void drop_client(struct client *client)
{
    close(client->fd);
    free(client);
}
