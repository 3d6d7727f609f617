/* One request, one response, and the end: HTTP/1.0, RFC 1945. A head that is
 * longer than the buffer is not answered.
 */
#include "server.h"

int serve(int connfd)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n"
                               "Content-Type: text/plain\r\n"
                               "Content-Length: 14\r\n\r\n",
                      body[] = "Hello, client\n";
    char request[8192];
    size_t n = 0;
    ssize_t got;

    request[0] = '\0';
    while (strstr(request, "\r\n\r\n") == NULL && n + 1 < sizeof request) {
        got = receive(connfd, request + n, sizeof request - n - 1);
        if (got <= 0) {
            close(connfd);
            return 0;
        }
        n += (size_t)got;
        request[n] = '\0';
    }
    if (send_all(connfd, head, sizeof head - 1) == 0 &&
        strncmp(request, "HEAD ", 5) != 0)
        send_all(connfd, body, sizeof body - 1);
    close(connfd);
    return 0;
}
