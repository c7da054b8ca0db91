// Catch2's main() for version 2, which has none in a library.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
