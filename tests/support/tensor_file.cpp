#include "tensor_file.hpp"

#include "files.hpp"

#include <boost/json/parse.hpp>
#include "catch.hpp"

#include <cstdint>
#include <cstring>

namespace sma::test {

tensor_file::tensor_file(std::filesystem::path const& file) : bytes_(read_file(file)) {
    std::uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, bytes_.data(), sizeof header_bytes);
    data_ = sizeof header_bytes + header_bytes;
    header_ = boost::json::parse(std::string_view(bytes_).substr(sizeof header_bytes, header_bytes)).as_object();
}

tensor_file::range tensor_file::range_of(std::string_view tensor) const {
    auto const& entry = header_.at(tensor);
    REQUIRE(entry.at("dtype").as_string() == "F32");
    auto const& offsets = entry.at("data_offsets");
    return {data_ + offsets.at(0).to_number<std::size_t>(), data_ + offsets.at(1).to_number<std::size_t>()};
}

void tensor_file::fill(std::string_view tensor, float value) {
    auto const where = range_of(tensor);
    for (auto i = where.begin; i < where.end; i += sizeof value) std::memcpy(bytes_.data() + i, &value, sizeof value);
}

std::vector<std::vector<float>> tensor_file::rows(std::string_view tensor) const {
    auto const columns = header_.at(tensor).at("shape").at(1).to_number<std::size_t>();
    auto const where = range_of(tensor);
    std::vector<std::vector<float>> all;
    for (auto i = where.begin; i < where.end; i += columns * sizeof(float))
        std::memcpy(all.emplace_back(columns).data(), bytes_.data() + i, columns * sizeof(float));
    return all;
}

}  // namespace sma::test
