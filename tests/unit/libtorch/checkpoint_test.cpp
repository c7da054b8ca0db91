#include "archives.hpp"
#include "model_files.hpp"
#include "stored_zip.hpp"
#include "torch_tensors.hpp"

#include "sma/model/weights.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include "catch_result.hpp"

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What make.py wrote.
void check_weights(model::state_dict const& w) {
    REQUIRE(w.size() == 5);
    CHECK(equal(w.at("conv1.weight"), at::arange(24, at::kFloat).reshape({2, 3, 2, 2})));
    CHECK(equal(w.at("bn1.running_mean"), at::tensor({0.5, -1.5}, at::kDouble)));
    CHECK(w.at("bn1.num_batches_tracked").values<std::int64_t>()[0] == 7);
    CHECK(w.at("fc.weight").type() == model::dtype::f16);
    CHECK(equal(model::to_f32(w.at("fc.weight")), at::tensor({0, 2, 4, 1, 3, 5}, at::kFloat).reshape({2, 3})));
    CHECK(w.at("fc.bias").type() == model::dtype::bf16);
    CHECK(equal(model::to_f32(w.at("fc.bias")), at::tensor({4, 5}, at::kFloat)));
}

/// Replaces the only occurrence of `from` in stored (uncompressed) archive content by `to`, of the same length.
std::string replaced(std::string bytes, std::string const& from, std::string const& to) {
    auto const at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    return bytes.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("pth: a state dict that Python wrote", "[pth]") {
    for (auto const* name : {"state_dict.pth", "protocol4.pth"}) {
        INFO(name);
        CHECK(model::detect_file_kind(data_file(name), archives).value() == model::file_kind::pth);
        auto const weights = model::load_weights(data_file(name), archives);
        REQUIRE(weights);
        check_weights(weights->tensors);
    }
}

TEST_CASE("pth: a trainer's checkpoint with its prefix, parameters and objects of its own", "[pth]") {
    auto const weights = model::load_weights(data_file("checkpoint.pth"), archives);
    REQUIRE(weights);
    check_weights(weights->tensors);
}

TEST_CASE("pth: a dict that libtorch wrote, with and without a wrapper", "[pth]") {
    scratch_folder const folder;
    c10::impl::GenericDict tensors(c10::StringType::get(), c10::TensorType::get());
    tensors.insert("module.model.fc.weight", at::arange(6, at::kFloat).reshape({2, 3}));
    c10::impl::GenericDict wrapper(c10::StringType::get(), c10::AnyType::get());
    wrapper.insert("epoch", std::int64_t{3});
    wrapper.insert("state_dict", tensors);
    for (auto const& dict : {tensors, wrapper}) {
        auto const bytes = torch::jit::pickle_save(dict);
        auto const file = folder.write("x.pth", {bytes.data(), bytes.size()});
        auto const weights = model::load_weights(file, archives);
        REQUIRE(weights);
        REQUIRE(weights->tensors.size() == 1);
        CHECK(equal(weights->tensors.at("fc.weight"), at::arange(6, at::kFloat).reshape({2, 3})));
    }
}

TEST_CASE("pth: a trainer's weights are taken from its dictionary, whatever tensors stand beside them", "[pth]") {
    scratch_folder const folder;
    c10::impl::GenericDict tensors(c10::StringType::get(), c10::TensorType::get());
    tensors.insert("fc.weight", at::arange(6, at::kFloat).reshape({2, 3}));
    c10::impl::GenericDict average(c10::StringType::get(), c10::TensorType::get());
    average.insert("fc.weight", at::zeros({2, 3}));
    for (auto const* const key : {"state_dict", "model", "model_state_dict", "net", "params", "model_state", "module",
                                  "weights", "network_state_dict"}) {
        INFO(key);
        c10::impl::GenericDict saved(c10::StringType::get(), c10::AnyType::get());
        saved.insert("best_acc1", at::full({}, 70.0));
        saved.insert("model_ema", average);
        saved.insert(key, tensors);
        auto const bytes = torch::jit::pickle_save(saved);
        auto const weights = model::load_weights(folder.write("x.pth", {bytes.data(), bytes.size()}), archives);
        REQUIRE(weights);
        REQUIRE(weights->tensors.size() == 1);
        CHECK(equal(weights->tensors.at("fc.weight"), at::arange(6, at::kFloat).reshape({2, 3})));
        REQUIRE(weights->remarks.size() == 1);
        CHECK_THAT(weights->remarks.front().text, ContainsSubstring("\"" + std::string(key) + "\""));
    }
}

TEST_CASE("pth: weights of a network that their trainer says has anti-aliasing are refused", "[pth]") {
    scratch_folder const folder;
    c10::impl::GenericDict tensors(c10::StringType::get(), c10::TensorType::get());
    tensors.insert("fc.weight", at::zeros({2, 3}));
    c10::impl::GenericDict saved(c10::StringType::get(), c10::AnyType::get());
    saved.insert("arch", std::string("resnetblur50"));
    saved.insert("state_dict", tensors);
    auto const bytes = torch::jit::pickle_save(saved);
    auto const weights = model::load_weights(folder.write("x.pth", {bytes.data(), bytes.size()}), archives);
    REQUIRE_FALSE(weights);
    CHECK_THAT(weights.error().message, ContainsSubstring("resnetblur50"));
}

TEST_CASE("pth: the tensors outlive the file", "[pth]") {
    scratch_folder const folder;
    auto const file = folder.write("x.pth", read_file(data_file("state_dict.pth")));
    auto const weights = model::load_weights(file, archives);
    REQUIRE(weights);
    std::filesystem::resize_file(file, 0);
    check_weights(weights->tensors);
}

TEST_CASE("pth: files that hold no weights say what they hold", "[pth]") {
    auto const refused = [](char const* name) {
        auto const weights = model::load_weights(data_file(name), archives);
        REQUIRE_FALSE(weights);
        CHECK(weights.error().code == errc::invalid_weights);
        return weights.error().message;
    };
    CHECK_THAT(refused("old.pth"), ContainsSubstring("before 1.6") && ContainsSubstring("torch.save(torch.load("));
    CHECK_THAT(refused("no_weights.pth"), ContainsSubstring("no state dict") && ContainsSubstring("lr, history"));
    CHECK_THAT(refused("whole_module.pth"), ContainsSubstring("save model.state_dict()"));
}

TEST_CASE("pth: a damaged archive is refused", "[pth]") {
    scratch_folder const folder;
    auto const good = read_file(data_file("state_dict.pth"));
    for (std::size_t length : {std::size_t{4}, std::size_t{30}, good.size() / 2, good.size() - 1}) {
        INFO(length);
        auto const weights = model::load_weights(folder.write("x.pth", good.substr(0, length)), archives);
        REQUIRE_FALSE(weights);
        CHECK(weights.error().code == errc::invalid_weights);
        CHECK_THAT(weights.error().message, ContainsSubstring("truncated or damaged"));
    }
}

TEST_CASE("pth: a pickle that contradicts its storages is refused with the tensor's name", "[pth]") {
    scratch_folder const folder;
    auto const good = read_file(data_file("state_dict.pth"));
    auto const refused = [&](std::string const& from, std::string const& to) {
        auto const weights = model::load_weights(folder.write("x.pth", replaced(good, from, to)), archives);
        REQUIRE_FALSE(weights);
        return weights.error().message;
    };
    // "(2, 3, 2, 2)" of conv1.weight, whose storage has 24 elements
    CHECK_THAT(
        refused(std::string("(K\x02K\x03K\x02K\x02t"), std::string("(K\x02K\x04K\x02K\x02t")),
        ContainsSubstring("conv1.weight") && ContainsSubstring("[2, 4, 2, 2]") && ContainsSubstring("24 elements"));
    CHECK_THAT(refused("FloatStorage", "FloatStorag!"),
               ContainsSubstring("conv1.weight") && ContainsSubstring("FloatStorag!"));
    CHECK_THAT(refused("_rebuild_tensor_v2", "_rebuild_tensor_v9"),
               ContainsSubstring("conv1.weight") && ContainsSubstring("_rebuild_tensor_v9"));
    CHECK_THAT(refused("K\x18t", "K\x17t"),
               ContainsSubstring("conv1.weight") && ContainsSubstring("96 bytes") && ContainsSubstring("23 elements"));
}

TEST_CASE("pth: any damage of the pickle is an error or another answer, never a crash", "[pth]") {
    scratch_folder const folder;
    auto const good = read_file(data_file("checkpoint.pth"));
    auto const begin = good.find("\x80\x02");
    auto const end = good.find("PK", begin);
    REQUIRE(end != std::string::npos);
    for (auto at = begin; at < end; at += 3)
        for (unsigned const flip : {0x01U, 0x80U, 0xffU}) {
            auto bytes = good;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
            auto const weights = model::load_weights(folder.write("x.pth", bytes), archives);
            if (!weights) CHECK_FALSE(weights.error().message.empty());
        }
}

TEST_CASE("pth: a class whose name doubles with every two bytes of the pickle is refused", "[pth]") {
    std::string pickle("\x80\x04X\x04\0\0\0abcd", 11);
    for (int i = 0; i < 30; ++i) pickle += "2\x93";  // the name on top again, both joined: 4 GiB at the end
    auto const archive = stored_zip({{"a/data.pkl", pickle + "."}, {"a/version", "3\n"}});
    scratch_folder const folder;
    auto const weights = model::load_weights(folder.write("x.pth", archive), archives);
    REQUIRE_FALSE(weights);
    CHECK(weights.error().code == errc::invalid_weights);
    CHECK_THAT(weights.error().message, ContainsSubstring("name of more than 512 bytes"));
}
