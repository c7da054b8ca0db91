#include "sma/model/safetensors.hpp"

#include "dtype.hpp"
#include "file_bytes.hpp"

#include <ATen/core/Tensor.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <vector>

namespace sma::model {

namespace {

namespace json = boost::json;

struct named_tensor {
    std::string name;
    at::Tensor tensor;  ///< contiguous, on the CPU
};

/// Widest types first, so that every tensor is aligned for its type when the header is a multiple of 8 bytes.
result<std::vector<named_tensor>> in_file_order(state_dict const& tensors) {
    std::vector<named_tensor> order;
    for (auto const& [name, tensor] : tensors) {
        if (dtype_name(tensor.scalar_type()) == "?")
            return error(errc::invalid_weights,
                         name + " has a type that this program cannot write to safetensors files");
        order.push_back({name, tensor.cpu().contiguous()});
    }
    std::stable_sort(order.begin(), order.end(),
                     [](auto const& a, auto const& b) { return a.tensor.element_size() > b.tensor.element_size(); });
    return order;
}

std::string header_of(std::vector<named_tensor> const& order, std::map<std::string, std::string> const& metadata) {
    json::object header;
    if (!metadata.empty()) {
        auto& object = header["__metadata__"].emplace_object();
        for (auto const& [key, value] : metadata) object[key] = value;
    }
    std::uint64_t begin = 0;
    for (auto const& [name, tensor] : order) {
        json::array shape;
        for (auto const size : tensor.sizes()) shape.emplace_back(size);
        auto const end = begin + tensor.nbytes();
        header[name] = json::object{{"dtype", json::string(dtype_name(tensor.scalar_type()))},
                                    {"shape", std::move(shape)},
                                    {"data_offsets", json::array{begin, end}}};
        begin = end;
    }
    auto text = json::serialize(header);
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

bool write_all(std::filesystem::path const& file, std::string const& header, std::vector<named_tensor> const& order) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    std::uint64_t const length = header.size();
    out.write(reinterpret_cast<char const*>(&length), sizeof length);
    out.write(header.data(), static_cast<std::streamsize>(header.size()));
    for (auto const& [name, tensor] : order)
        if (tensor.nbytes() > 0)
            out.write(static_cast<char const*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    out.close();
    return !out.fail();
}

}  // namespace

result<> write_safetensors(std::filesystem::path const& file, safetensors const& content) {
    auto const order = in_file_order(content.tensors);
    if (!order) return order.error();
    auto temporary = file;
    temporary += ".tmp";
    std::error_code ignored;
    errno = 0;
    if (!write_all(temporary, header_of(*order, content.metadata), *order)) {
        auto const reason = errno ? errno : EIO;
        std::filesystem::remove(temporary, ignored);
        return file_error(file, "written", reason);
    }
    std::error_code failed;
    std::filesystem::rename(temporary, file, failed);
    if (!failed) return {};
    std::filesystem::remove(temporary, ignored);
    return file_error(file, "written", failed.value());
}

}  // namespace sma::model
