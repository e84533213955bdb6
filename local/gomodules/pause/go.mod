module mlplatform/pause

go 1.26
