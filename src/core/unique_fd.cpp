#include "sma/core/unique_fd.hpp"

#include <unistd.h>

namespace sma {

unique_fd& unique_fd::operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

unique_fd::~unique_fd() {
    if (fd_ >= 0) ::close(fd_);
}

}  // namespace sma
