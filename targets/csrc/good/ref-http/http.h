/* http.h: the steps of a web server, beside those of server.h.
 *
 * serve.c calls them in order, for each request on a connection. Each has one
 * file of the same name.
 */
#ifndef HTTP_H
#define HTTP_H

#include "server.h"
#include <ctype.h>
#include <strings.h>

/* How long a request line, and a whole head, may be in bytes. */
enum { LONGEST_LINE = 8 << 10, LONGEST_HEAD = 32 << 10 };

/* A connection: what was received and belongs to no request yet. The head of
 * the request that is served is the first used bytes of it. */
struct conn {
    int fd;
    size_t n, used;
    char in[LONGEST_HEAD];
};

/* A request. status is 0, or that of the error which it is answered with. */
struct request {
    char *line, *fields;        /* in the head, ended by NUL */
    char *method, *target;
    int minor;                  /* of its version HTTP/1.minor */
    int hosts;                  /* how many Host fields there are */
    int lengths;                /* how many Content-Length fields */
    long long length;           /* what they say */
    int chunked;
    int close, expects;         /* Connection: close, Expect: 100-continue */
    int persists;               /* the connection serves another one, too */
    int status;
    long long body;             /* bytes of its body that were taken */
};

/* Waits for a head. Returns 0 at the end of the client's side, or on error. */
int read_head(struct conn *c, struct request *r);

/* Parses the request line, and the fields. */
void parse_line(struct request *r);
void parse_fields(struct request *r);

/* Parses the value of Content-Length. Returns -1 if it is not a number. */
long long parse_length(const char *text);

/* Checks what several fields say together. */
void check_request(struct request *r);

/* Decides whether the connection serves another request after this one. */
int persists(const struct request *r);

/* Takes the body. Returns -1 when the connection ends before the body does. */
int take_body(struct conn *c, struct request *r);

/* Answers the request. Returns -1 when the answer could not be sent. */
int answer(struct conn *c, struct request *r);

/* Opens the file that a target names, below the current folder. Returns -1 if
 * there is none. */
int find_file(const char *target);

/* Sends a file, or what is in a folder. */
int send_file(struct conn *c, struct request *r, int file);

/* Sends a text as the body of a response. */
int send_text(struct conn *c, struct request *r, int status, const char *text);

/* Sends the head of a response with a body of length bytes. */
int send_head(struct conn *c, struct request *r, int status, const char *type,
              long long length);

#endif
