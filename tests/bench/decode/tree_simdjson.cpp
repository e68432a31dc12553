// The yardstick by simdjson, the fastest tree parser packaged here.
#include <simdjson.h>

#include "tree.h"

int tree_parse(const char *text, size_t length)
{
    static simdjson::dom::parser parser;
    simdjson::dom::element element;
    return parser.parse(text, length, false).get(element) == simdjson::SUCCESS;
}

const char *tree_name()
{
    static const std::string name =
        "simdjson " + std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
        std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + ", " +
        simdjson::get_active_implementation()->name();
    return name.c_str();
}
