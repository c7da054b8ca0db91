#include "sma/core/tensor_buffer.hpp"

#include "scale.hpp"

#include "catch.hpp"

#include <malloc.h>

#include <cstdint>
#include <thread>
#include <vector>

using namespace sma;

namespace {

std::size_t bytes_in_use() {
    auto const all = mallinfo2();
    return all.uordblks + all.hblkhd;
}

}  // namespace

TEST_CASE("a buffer has the format's size, is aligned, and its memory is used again") {
    auto const pool = std::make_shared<tensor_pool>(2);
    input_format const format{32, 16, element_type::bf16, 1.0F};
    CHECK(format.bytes() == 3U * 32 * 16 * 2);
    std::byte* first = nullptr;
    {
        auto buffer = pool->take(format);
        first = buffer.data();
        REQUIRE(first != nullptr);
        CHECK(reinterpret_cast<std::uintptr_t>(first) % 64 == 0);
        CHECK(buffer.format() == format);
    }
    CHECK(pool->take(format).data() == first);
}

TEST_CASE("memory of another size is not handed out") {
    auto const pool = std::make_shared<tensor_pool>(2);
    input_format const small{32, 32, element_type::s8, 0.5F};
    input_format const large{64, 64, element_type::f32, 1.0F};
    { auto const buffer = pool->take(small); }
    auto buffer = pool->take(large);
    for (std::size_t i = 0; i < large.bytes(); ++i) buffer.data()[i] = std::byte{1};  // AddressSanitizer watches
    CHECK(buffer.format() == large);
}

TEST_CASE("spares of two sizes are kept beside each other") {
    auto const pool = std::make_shared<tensor_pool>(2);
    input_format const small{32, 32, element_type::s8, 0.5F};
    input_format const large{64, 64, element_type::f32, 1.0F};
    std::byte const* first = nullptr;
    std::byte const* second = nullptr;
    {
        auto const one = pool->take(small);
        auto const other = pool->take(large);
        first = one.data();
        second = other.data();
    }
    {
        auto const other = pool->take(large);
        CHECK(other.data() == second);
        CHECK(pool->take(small).data() == first);
    }
}

TEST_CASE("shared memory returns to the pool when the last buffer is gone") {
    auto const pool = std::make_shared<tensor_pool>(2);
    input_format const format{32, 32, element_type::s8, 0.5F};
    auto first = std::make_unique<tensor_buffer>(pool->take(format));
    auto second = std::make_unique<tensor_buffer>(first->share());
    auto const* const memory = first->data();
    CHECK(second->data() == memory);
    CHECK(second->format() == format);
    first.reset();
    CHECK(pool->take(format).data() != memory);
    second.reset();
    CHECK(pool->take(format).data() == memory);
}

TEST_CASE("buffers outlive the pool's last other owner and cross threads") {
    auto pool = std::make_shared<tensor_pool>(4);
    input_format const format{32, 32, element_type::f32, 1.0F};
    std::vector<tensor_buffer> buffers;
    for (int i = 0; i < 8; ++i) buffers.push_back(pool->take(format));
    pool.reset();
    std::thread([moved = std::move(buffers)]() mutable { moved.clear(); }).join();
}

TEST_CASE("spares are kept until they are freed, and the pool goes on") {
    auto const pool = std::make_shared<tensor_pool>(8);
    input_format const format{256, 256, element_type::f32, 1.0F};
    auto const use_all = [&] {
        std::vector<tensor_buffer> buffers;
        for (int i = 0; i < 8; ++i) buffers.push_back(pool->take(format));
    };
    auto const before = bytes_in_use();
    use_all();
    auto const kept = bytes_in_use();
    auto const in_use = pool->take(format);
    pool->free_spares();
    auto const after = bytes_in_use();
    use_all();
    CHECK(in_use.data() != nullptr);
    if (sma::test::under_sanitizer) {
        WARN("bytes are not counted: a sanitizer has an allocator of its own");
        return;
    }
    CHECK(kept >= before + 8 * format.bytes());
    CHECK(after < before + 2 * format.bytes());
    CHECK(bytes_in_use() >= before + 8 * format.bytes());
}
