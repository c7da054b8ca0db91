#include "resource_defaults.hpp"

#include "catch.hpp"

#include <map>
#include <string>

#include "fake_root.hpp"

using namespace sma;
namespace fs = std::filesystem;

using sma::test::fake_root;

namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;

settings fitted(settings s, std::string const& limit) {
    return app::apply_resource_defaults(s, fake_root({{"proc/meminfo", "MemTotal: 16777216 kB\n"},
                                                      {"proc/self/cgroup", "0::/pod\n"},
                                                      {"sys/fs/cgroup/pod/memory.max", limit}})
                                               .path());
}

}  // namespace

TEST_CASE("with memory to spare the defaults are their largest values") {
    auto const s = fitted({}, "max\n");
    CHECK(s.max_queue_size == 128);
    CHECK(s.max_inflight_body_bytes == 256 * mebibyte);
    CHECK(s.max_decode_pixels == 400'000'000);
    auto const unknown = app::apply_resource_defaults({}, fake_root({}).path());
    CHECK(unknown.max_queue_size == 128);
    CHECK(unknown.max_decode_pixels == 400'000'000);
}

TEST_CASE("a memory limit makes them smaller") {
    auto const s = fitted({}, std::to_string(1'024 * mebibyte));
    CHECK(s.max_queue_size == 128);
    CHECK(s.max_inflight_body_bytes == 128 * mebibyte);
    CHECK(s.max_decode_pixels == 64 * mebibyte);
    auto const less = fitted({}, std::to_string(400 * mebibyte));
    CHECK(less.max_queue_size == 400 * mebibyte / 8 / (224 * 224 * 3 * 4));
    CHECK(less.max_inflight_body_bytes == 64 * mebibyte);
    CHECK(less.max_decode_pixels == 40'000'000);
}

TEST_CASE("one request, one body and one image always fit; what was set stays") {
    auto const s = fitted({}, std::to_string(16 * mebibyte));
    CHECK(s.max_queue_size == s.max_images);
    CHECK(s.max_inflight_body_bytes == s.max_body_bytes);
    CHECK(s.max_decode_pixels == s.max_pixels);
    settings own;
    own.max_queue_size = 1'000;
    own.max_inflight_body_bytes = 512 * mebibyte;
    own.max_decode_pixels = 1'000'000'000;
    auto const kept = fitted(own, std::to_string(16 * mebibyte));
    CHECK(kept.max_queue_size == 1'000);
    CHECK(kept.max_inflight_body_bytes == 512 * mebibyte);
    CHECK(kept.max_decode_pixels == 1'000'000'000);
}

TEST_CASE("a request never has more images than the queue holds") {
    settings s;
    s.max_queue_size = 10;
    s.max_images = 20;
    CHECK(fitted(s, "max").max_images == 10);
    s.max_images = 5;
    CHECK(fitted(s, "max").max_images == 5);
}
