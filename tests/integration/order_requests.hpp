// Requests of every kind that /predict and /v2 accept or refuse, for tests that no request affects a later one.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sma::test {

/// The side of the images that the server must be set to give to its model: small, so that a forward pass takes little.
inline constexpr std::size_t order_side = 64;

/// What becomes of the connection.
enum class after {
    stays,
    closes,      ///< by the server, behind its answer
    broken_off,  ///< by the client, which does not wait for an answer
};

/// One request, with what is expected of it.
struct asked {
    std::string name;
    std::string bytes;
    int status = 200;
    after then = after::stays;
    std::string answer{};  ///< where it was asked alone
};

/// Those for which a decoder could have kept something come first.
std::vector<asked> requests_of_every_kind();

}  // namespace sma::test
