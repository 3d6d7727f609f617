/* A path is decoded first (RFC 3986 §2.1) and looked at then: a ".." in it,
 * however it was written, may lead out of the folder (RFC 9110 §17.3). So may
 * one that begins with a slash, or with two.
 */
#include "http.h"
#include <sys/stat.h>

/* Decodes a target, without its query, into path. Returns -1 if it cannot. */
static int decode(const char *target, char *path, size_t size)
{
    size_t n = 0;
    for (; *target != '\0' && *target != '?'; target++) {
        unsigned byte = (unsigned char)*target;
        if (byte == '%') {
            if (sscanf(target + 1, "%2x", &byte) != 1 || byte == 0)
                return -1;
            target += 2;
        }
        if (n + 1 >= size)
            return -1;
        path[n++] = (char)byte;
    }
    path[n] = '\0';
    return 0;
}

/* Returns whether a path has a segment "..". */
static int climbs(const char *path)
{
    for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2) {
        if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
            return 1;
    }
    return 0;
}

int find_file(const char *target)
{
    char path[LONGEST_LINE];
    if (decode(target, path, sizeof path) < 0 || climbs(path))
        return -1;

    const char *below = path + strspn(path, "/");
    int file = open(*below != '\0' ? below : ".", O_RDONLY | O_NONBLOCK);
    struct stat is;
    if (file >= 0 && fstat(file, &is) == 0 &&
        !S_ISREG(is.st_mode) && !S_ISDIR(is.st_mode)) {
        close(file);
        return -1;
    }
    return file;
}
