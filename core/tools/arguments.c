#include "arguments.h"

#include <stdio.h>

int arguments_wrong(const char *program, const char *what, const char *value)
{
    fprintf(stderr, "%s: %s%s%s\nTry: %s --help\n", program, what, value != NULL ? ": " : "",
            value != NULL ? value : "", program);
    return 2;
}

static bool is_address(upbit_options *options, int option, const char *value)
{
    switch (option) {
    case ADDRESS_URL:
        options->url = value;
        return true;
    case ADDRESS_PRIVATE_URL:
        options->private_url = value;
        return true;
    case ADDRESS_REST_URL:
        options->rest_url = value;
        return true;
    case ADDRESS_CA_FILE:
        options->ca_file = value;
        return true;
    default:
        return false;
    }
}

int arguments_options(const char *program, int argc, char **argv, const struct option *list,
                      upbit_options *options,
                      int (*read)(void *context, int option, const char *value), void *context)
{
    int option, status = 0;
    opterr = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (option == '?')
            status = arguments_wrong(program, "unknown option, or one without its value",
                                     argv[optind - 1]);
        else if (!is_address(options, option, optarg))
            status = read(context, option, optarg);
    }
    return status;
}

int arguments_wants(const char *program, int argc, char **argv, int from, const char *missing,
                    tool_wants *wants)
{
    if (from == argc || (argc - from) % 2 != 0)
        return arguments_wrong(program, missing, NULL);
    for (int i = from; i < argc; i += 2) {
        const char *why, *what;
        if (wants_add(wants, argv[i], argv[i + 1], &why, &what) != 0)
            return arguments_wrong(program, why, what);
    }
    return 0;
}
