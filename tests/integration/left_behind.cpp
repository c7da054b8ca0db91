#include "left_behind.hpp"

#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "scale.hpp"

#include "catch.hpp"

namespace sma::test {

unchanged::unchanged(server_process const& server)
    : server_(server),
      descriptors_(idle_descriptors(server) - children_of(server.id()).size()),
      memory_(server.stats().resident_bytes) {}

void unchanged::require(std::size_t growth_bytes_max) const {
    require_idle(server_);
    // One for each process that decodes images, which stays.
    CHECK(eventually([this] { return server_.stats().descriptors <= descriptors_ + children_of(server_.id()).size(); },
                     patience));
    CHECK(server_.get("/health").status == 200);
    require_prediction(server_.ask(post_image("/predict", tiny_gif)), 5);
    // Under a sanitizer freed memory is kept for a while on purpose.
    auto const memory = server_.stats().resident_bytes;
    INFO("resident before " << memory_ / mebibyte << " MiB, after " << memory / mebibyte << " MiB");
    if (!under_sanitizer) CHECK(memory <= memory_ + growth_bytes_max);
}

}  // namespace sma::test
