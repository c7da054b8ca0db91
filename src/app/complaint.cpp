#include "complaint.hpp"

#include <cstdio>

namespace sma::app {

int complain(std::string const& message, int status) {
    std::fprintf(stderr, "simple-model-api: %s\n", message.c_str());
    return status;
}

int complain(error const& e, int status) { return complain(e.message, status); }

}  // namespace sma::app
