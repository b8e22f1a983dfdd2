
fBd
@/dataZ
X


name

info.age

info.contacts.tel

info.contacts.mailparquet