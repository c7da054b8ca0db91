// Tests of the check of a worker's tensors.
#include "tensor_check.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

using namespace sma;
using namespace sma::isolation;

namespace {

tensor_buffer filled(element_type element, int byte) {
    auto tensor = std::make_shared<tensor_pool>(1)->take({5, 7, element, 1.0F});
    std::memset(tensor.data(), byte, tensor.format().bytes());
    return tensor;
}

/// With that value as its last element.
bool finite_with(float value) {
    auto tensor = filled(element_type::f32, 0x40);
    std::memcpy(tensor.data() + tensor.format().bytes() - sizeof value, &value, sizeof value);
    return is_finite(tensor);
}

}  // namespace

TEST_CASE("a tensor with one value that is no finite number is found") {
    CHECK(finite_with(1.5F));
    CHECK(finite_with(-std::numeric_limits<float>::max()));
    CHECK(finite_with(std::numeric_limits<float>::denorm_min()));
    CHECK_FALSE(finite_with(std::numeric_limits<float>::infinity()));
    CHECK_FALSE(finite_with(-std::numeric_limits<float>::infinity()));
    CHECK_FALSE(finite_with(std::nanf("")));
}

TEST_CASE("so it is in bf16, and bytes are always numbers") {
    CHECK(is_finite(filled(element_type::bf16, 0x40)));
    CHECK_FALSE(is_finite(filled(element_type::bf16, 0xff)));
    CHECK(is_finite(filled(element_type::s8, 0xff)));
}
