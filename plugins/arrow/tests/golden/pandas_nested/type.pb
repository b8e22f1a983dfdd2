BO


name

info.age

info.contacts.tel

info.contacts.mail