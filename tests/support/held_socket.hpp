// A listening socket of the test's own, as a socket unit holds it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace sma::test {

/// On a free port of 127.0.0.1, or at a path. Throws std::runtime_error if it cannot listen. Belongs to one thread, but
/// for port().
class held_socket {
public:
    held_socket();
    explicit held_socket(std::filesystem::path const& path);
    ~held_socket();
    held_socket(held_socket const&) = delete;
    held_socket& operator=(held_socket const&) = delete;

    int descriptor() const { return descriptor_; }
    std::uint16_t port() const;

private:
    template <class Address>
    void listen_at(Address const& address);

    int descriptor_;
};

}  // namespace sma::test
