/* One request, one response, and the end: HTTP/1.0, RFC 1945. A head that is
 * longer than the buffer is not answered.
 */
#include "server.h"

static const char *status_of(const char *request)
{
    char method[16], path[256];
    int minor, end = 0;

    if (sscanf(request, "%15s %255s HTTP/1.%1d%n", method, path, &minor,
               &end) != 3 || request[end] != '\r')
        return "400 Bad Request";
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return "501 Not Implemented";
    return strcmp(path, "/") == 0 ? "200 OK" : "404 Not Found";
}

int serve(int connfd)
{
    char request[8192], answer[256];
    size_t n = 0;

    do {
        ssize_t got = receive(connfd, request + n, sizeof request - n - 1);
        if (got <= 0 || n + 2 >= sizeof request)
            return 0;
        n += (size_t)got;
        request[n] = '\0';
    } while (strstr(request, "\r\n\r\n") == NULL);

    const char *status = status_of(request);
    int head = snprintf(answer, sizeof answer,
                        "HTTP/1.0 %s\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %zu\r\n\r\n%s\n",
                        status, strlen(status) + 1, status);
    if (strncmp(request, "HEAD ", 5) == 0)
        head -= (int)strlen(status) + 1;
    return send_all(connfd, answer, (size_t)head) < 0;
}
