#include "engine_runs.hpp"
#include "scale.hpp"
#include "script_file.hpp"
#include "synthetic_models.hpp"

#include "sma/core/allocator.hpp"
#include "sma/libtorch/torch_engine.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>

#include <sys/resource.h>

#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

libtorch::torch_options options() {
    libtorch::torch_options o;
    o.threads = 2;
    o.height = 32;
    o.width = 40;
    return o;
}

/// Of all threads.
long page_faults() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_minflt;
}

}  // namespace

TEST_CASE("torch engine: a TorchScript file runs as it is", "[torch_script]") {
    auto const images = make_images(3, 32, 40, 4);
    for (auto const* answer :
         {"y", "(y, x)", "{\"logits\": y, \"x\": x}", "y[:, :, None, None]", "y.squeeze(0)", "y.double()"}) {
        INFO(answer);
        script_file const file(answer);
        auto const e = libtorch::create_torch_engine(file.path, options());
        REQUIRE(e);
        CHECK((*e)->classes() == 5);
        CHECK((*e)->describe().name == "torch");
        CHECK((*e)->describe().note.empty());
        for (int const n : {1, 3, 2})
            CHECK(relative_difference(run_engine(**e, images.narrow(0, 0, n)), file.expected(images).narrow(0, 0, n)) <
                  1e-4);
    }
}

TEST_CASE("torch engine: probabilities of a softmax become logits again", "[torch_script]") {
    auto const images = make_images(3, 32, 40, 4);
    for (auto const* answer : {"torch.softmax(y, 1)", "{\"logits\": torch.softmax(y, 1)}"}) {
        INFO(answer);
        script_file const file(answer);
        auto const e = libtorch::create_torch_engine(file.path, options());
        REQUIRE(e);
        CHECK_THAT((*e)->describe().note, ContainsSubstring("ends in a softmax"));
        auto const logits = run_engine(**e, images);
        auto const expected = file.expected(images).softmax(1);
        CHECK(relative_difference(logits.softmax(1), expected) < 1e-4);
        CHECK(relative_difference(logits.exp(), expected) < 1e-4);
    }
}

TEST_CASE("torch engine: no batch size waits for LLVM to compile operators for it", "[torch_script]") {
    torch::jit::setTensorExprFuserEnabled(true);
    script_file const file("y");
    REQUIRE(libtorch::create_torch_engine(file.path, options()));
    CHECK_FALSE(torch::jit::tensorExprFuserEnabled());
}

TEST_CASE("torch engine: a TorchScript file runs rewritten for inference at bf16, too", "[torch_script]") {
    script_file const file("y[:, self.order]");
    auto at_bf16 = options();
    at_bf16.precision = engine::precision::bf16;
    auto const e = libtorch::create_torch_engine(file.path, at_bf16);
    REQUIRE(e);
    CHECK((*e)->describe().note.empty());
    auto const images = make_images(3, 32, 40, 4);
    CHECK(relative_difference(run_engine(**e, images), file.expected(images).flip({1})) < 0.03);
}

// In a process of its own, because the policy is to be set before there are threads.
TEST_CASE("torch engine: activations stay in memory from pass to pass", "[.][activation_memory]") {
    if (under_sanitizer) {
        WARN("skipped: a sanitizer's allocator has a policy of its own");
        return;
    }
    bound_freed_memory();
    auto o = options();
    o.height = o.width = 1024;
    script_file const file("y");
    auto const e = libtorch::create_torch_engine(file.path, o);
    REQUIRE(e);
    auto const images = make_images(2, 1024, 1024, 4);
    run_engine(**e, images);
    run_engine(**e, images);
    auto const before = page_faults();
    run_engine(**e, images);
    auto const pages_of_images = images.nbytes() / 4096;
    CHECK(page_faults() - before < static_cast<long>(pages_of_images / 10));
}

TEST_CASE("torch engine: numbers that index stay whole numbers", "[torch_script]") {
    script_file const file("y[:, self.order]");
    auto const e = libtorch::create_torch_engine(file.path, options());
    REQUIRE(e);
    auto const images = make_images(2, 32, 40, 4);
    CHECK(relative_difference(run_engine(**e, images), file.expected(images).flip({1})) < 1e-4);
}

TEST_CASE("torch engine: a TorchScript file that takes but one image runs one by one", "[torch_script]") {
    auto const images = make_images(3, 32, 40, 4);
    // As traces are: with the batch in a shape, or with a result that depends on how many come together.
    for (auto const* answer : {"y.view(1, 5)", "y + (x.size(0) - 1)", "y - y[0:1] + y[0:1] * 2 - y[-1:]"}) {
        INFO(answer);
        script_file const file(answer);
        auto const e = libtorch::create_torch_engine(file.path, options());
        REQUIRE(e);
        CHECK_THAT((*e)->describe().note, ContainsSubstring("one image at a time"));
        for (int const n : {1, 3})
            CHECK(relative_difference(run_engine(**e, images.narrow(0, 0, n)), file.expected(images).narrow(0, 0, n)) <
                  1e-4);
    }
}

TEST_CASE("torch engine: a TorchScript file that is no classifier is refused", "[torch_script]") {
    auto const refused = [](std::string const& answer, std::string const& before = "") {
        script_file const file(answer, before);
        auto const e = libtorch::create_torch_engine(file.path, options());
        REQUIRE_FALSE(e);
        CHECK(e.error().code == errc::invalid_weights);
        CHECK(e.error().message.find('\n') == std::string::npos);
        return e.error().message;
    };
    CHECK_THAT(refused("x"), ContainsSubstring("one row of logits per image"));
    CHECK_THAT(refused("y.argmax(1)"), ContainsSubstring("one row of logits per image"));
    CHECK_THAT(refused("x.size(0)"), ContainsSubstring("one row of logits per image"));
    CHECK_THAT(refused("y", "assert x.size(2) == 299, \"299 rows only\""),
               ContainsSubstring("[1, 3, 32, 40]") && ContainsSubstring("299 rows only"));
    // It was not traced with two: it runs on any other number, too.
    CHECK_THAT(refused("y", "assert x.size(0) > 1, \"more than one\""),
               ContainsSubstring("does not run on one image") && ContainsSubstring("more than one"));
}

TEST_CASE("torch engine: a TorchScript file that was traced with several images is refused with their number",
          "[torch_script]") {
    struct traced {
        char const* answer;
        char const* before;
        char const* images;
    };
    for (auto const& t : std::vector<traced>{{"y.view(4, 5)", "", "4"},
                                             {"y.view(8, -1) + torch.zeros([8, 5])", "", "8"},
                                             {"y + torch.zeros([16, 5])", "", "16"},
                                             {"y", "assert x.size(0) == 2, \"two\"", "2"},
                                             {"y", "assert x.size(0) == 64, \"64\"", "64"}}) {
        INFO(t.answer << " " << t.before);
        script_file const file(t.answer, t.before);
        auto const e = libtorch::create_torch_engine(file.path, options());
        REQUIRE_FALSE(e);
        CHECK(e.error().code == errc::invalid_weights);
        CHECK_THAT(e.error().message, ContainsSubstring("traced with a batch of " + std::string(t.images) + ";") &&
                                          ContainsSubstring("[1, 3, 32, 40]") && ContainsSubstring("torch.jit.script"));
    }
}

TEST_CASE("torch engine: batches beyond 64 are not tried", "[torch_script]") {
    script_file const file("y", "assert x.size(0) == 128, \"128 only\"");
    auto const e = libtorch::create_torch_engine(file.path, options());
    REQUIRE_FALSE(e);
    CHECK_THAT(e.error().message, ContainsSubstring("128 only"));
}

TEST_CASE("torch engine: a TorchScript file that fails later throws and stays usable", "[torch_script]") {
    script_file const file("y", "assert x.size(0) < 3, \"too many\"");
    auto const e = libtorch::create_torch_engine(file.path, options()).value();
    auto const images = make_images(3, 32, 40, 4);
    CHECK_THROWS_AS(run_engine(*e, images), std::runtime_error);
    CHECK(relative_difference(run_engine(*e, images.narrow(0, 0, 2)), file.expected(images).narrow(0, 0, 2)) < 1e-4);
}

TEST_CASE("torch engine: a damaged TorchScript file is refused", "[torch_script]") {
    script_file const file("y");
    std::filesystem::resize_file(file.path, std::filesystem::file_size(file.path) / 2);
    auto const e = libtorch::create_torch_engine(file.path, options());
    REQUIRE_FALSE(e);
    CHECK(e.error().code == errc::invalid_weights);
}
